package reply

import (
	"context"
	"io"
	"net"
	"sync"
)

// corkable is how many bytes of an answer are kept back: most small pictures with their heads are less.
const corkable = 16 << 10

// corked is the writing side of a connection. While the cork is in, what is written is kept back as long as
// it fits, and goes out with what comes next in one system call. net/http alone makes two for the head of an
// answer and a body that does not fit beside it, and each costs as much as all else that is done for a small
// picture.
type corked struct {
	net.Conn
	spare *sync.Pool // of *[corkable]byte

	mu     sync.Mutex // net/http may write "100 Continue" from the goroutine that reads the body
	in     bool
	kept   *[corkable]byte // nil: nothing is kept back
	length int             // of what is
	pair   [2][]byte       // what is kept back, and what comes next
	both   net.Buffers     // pair
}

type corkKey struct{}

// ConnContext is for http.Server: it lets NewWriter find the connection of a request that came through Guard.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	if w, ok := conn.(*watched); ok {
		return context.WithValue(ctx, corkKey{}, &w.corked)
	}
	return ctx
}

// Write is net.Conn's. Of bytes that are kept back nobody knows yet whether they can be sent.
func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.in && c.length+len(p) <= corkable:
		if c.kept == nil {
			c.kept, _ = c.spare.Get().(*[corkable]byte)
		}
		c.length += copy(c.kept[c.length:], p)
		return len(p), nil
	case c.kept == nil:
		return c.Conn.Write(p)
	}
	return c.release(p)
}

// writePair writes two pieces in one system call. Nothing is kept back.
func (c *corked) writePair(first, second []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pair = [2][]byte{first, second}
	c.both = c.pair[:]
	_, err := c.both.WriteTo(c.Conn)
	c.pair, c.both = [2][]byte{}, nil
	return err
}

// release writes what is kept back and then p, and says how much of p was written.
func (c *corked) release(p []byte) (int, error) {
	kept, before := c.kept, c.length
	c.pair = [2][]byte{kept[:before], p}
	if c.both = c.pair[:]; len(p) == 0 {
		c.both = c.pair[:1]
	}
	n, err := c.both.WriteTo(c.Conn)
	c.pair, c.both, c.kept, c.length = [2][]byte{}, nil, nil, 0
	c.spare.Put(kept)
	if n < int64(before) {
		// net/http believes that these bytes are out: it must not go on behind them.
		c.Conn.Close()
		return 0, err
	}
	return int(n) - before, err
}

// plug puts the cork in.
func (c *corked) plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = true
}

// keeps says whether something is kept back.
func (c *corked) keeps() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept != nil
}

// pull takes the cork out and writes what was kept back.
func (c *corked) pull() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = false
	if c.kept == nil {
		return nil
	}
	_, err := c.release(nil)
	return err
}

// ReadFrom keeps the kernel's way from a file to the connection (sendfile).
func (c *corked) ReadFrom(r io.Reader) (int64, error) {
	if err := c.pull(); err != nil {
		return 0, err
	}
	return io.Copy(c.Conn, r)
}
