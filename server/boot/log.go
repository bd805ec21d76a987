package boot

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// newLog writes to w as configured.
func (c Config) newLog(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.Level(c.LogLevel)}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Lines of the log wait in memory until they are written, a few milliseconds and so many bytes at most. Many
// requests a second share a system call, and none of them waits for another one's line: a crowd that does
// would hold its memory meanwhile.
const (
	logPause = 5 * time.Millisecond // between two writes
	logHeld  = 256 << 10
)

// gate holds back what is logged until the node has said where it listens, which is always the first line.
// From then on it holds back only as much as logPause and logHeld say.
type gate struct {
	to    io.Writer
	woken chan struct{} // holds one while there is something to write

	mu   sync.Mutex
	held []byte
	open bool

	out   sync.Mutex // taken before mu; whoever has it writes
	spare []byte     // what was written last
}

func newGate(to io.Writer) *gate { return &gate{to: to, woken: make(chan struct{}, 1)} }

// Write is io.Writer's. An error comes too late for the line whose it is: of a log that cannot be written
// nobody could be told anyway.
func (g *gate) Write(p []byte) (int, error) {
	if g.hold(p) {
		return len(p), g.flush()
	}
	select {
	case g.woken <- struct{}{}:
	default:
	}
	return len(p), nil
}

// hold keeps p, and says whether too much is kept now.
func (g *gate) hold(p []byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = append(g.held, p...)
	return g.open && len(g.held) >= logHeld
}

// begin writes the first words, then what was held back. Once is enough: later words just follow.
func (g *gate) begin(first string) error {
	g.mu.Lock()
	g.held, g.open = append([]byte(first), g.held...), true
	g.mu.Unlock()
	return g.flush()
}

// flush writes what is held back.
func (g *gate) flush() error {
	g.out.Lock()
	defer g.out.Unlock()
	lines := g.release()
	if len(lines) == 0 {
		return nil
	}
	_, err := g.to.Write(lines)
	return err
}

// release takes what is held back, which is good until the next release.
func (g *gate) release() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		return nil
	}
	g.held, g.spare = g.spare[:0], g.held
	return g.spare
}

// run writes what is logged, until ctx ends.
func (g *gate) run(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ctx.Err() == nil {
		select {
		case <-g.woken:
		case <-ctx.Done():
		}
		_ = g.flush()
		pause.Reset(logPause)
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
}
