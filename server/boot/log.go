package boot

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"sync"
)

// newLog writes to w as configured.
func (c Config) newLog(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.Level(c.LogLevel)}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// gate holds back what is logged until the node has said where it listens, which is always the first line.
type gate struct {
	mu   sync.Mutex
	to   io.Writer
	held bytes.Buffer
	open bool
}

// Write is io.Writer's.
func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		return g.held.Write(p)
	}
	return g.to.Write(p)
}

// begin writes the first words, then what was held back, and holds back no more. Once is enough: later words
// just follow.
func (g *gate) begin(first string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = true
	_, err := io.WriteString(g.to, first)
	_, later := g.held.WriteTo(g.to)
	return errors.Join(err, later)
}
