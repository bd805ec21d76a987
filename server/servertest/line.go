package servertest

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
)

// Line is a network line to a server that carries a number of bytes, and then breaks or falls silent. The
// bytes of all its connections count; answers are free.
type Line struct {
	listener net.Listener
	to       string
	left     atomic.Int64
	silent   atomic.Bool
	carried  atomic.Int64
}

// NewLine lays a line to the server at url, a plain http one. It carries nothing until Allow is called.
func NewLine(url string) (*Line, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Line{listener: listener, to: strings.TrimPrefix(url, "http://")}
	go l.accept()
	return l, nil
}

// URL is the line's near end.
func (l *Line) URL() string { return "http://" + l.listener.Addr().String() }

// Allow lets n more bytes through, and breaks every connection that would carry more.
func (l *Line) Allow(n int64) { l.allow(n, false) }

// AllowSilently lets n more bytes through, and swallows what comes after them.
func (l *Line) AllowSilently(n int64) { l.allow(n, true) }

func (l *Line) allow(n int64, silent bool) {
	l.silent.Store(silent)
	l.left.Store(n)
}

// Carried is how many bytes have reached the server.
func (l *Line) Carried() int64 { return l.carried.Load() }

// Close takes no more connections. Those that stand end with their client.
func (l *Line) Close() error { return l.listener.Close() }

func (l *Line) accept() {
	for {
		from, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.carry(from)
	}
}

func (l *Line) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(from, to) // however the server ends it, the client sees the end
		from.Close()
	}()
	page := make([]byte, 4096)
	for {
		n, err := from.Read(page)
		fits := max(min(int64(n), l.left.Add(-int64(n))+int64(n)), 0)
		if _, lost := to.Write(page[:fits]); lost != nil || err != nil {
			return
		}
		l.carried.Add(fits)
		if fits < int64(n) && !l.silent.Load() {
			return
		}
	}
}
