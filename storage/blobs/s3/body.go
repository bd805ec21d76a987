package s3

import (
	"errors"
	"io"
	"sync"
)

// body is a list of pages as the seekable body of one attempt. It copies nothing that is kept.
type body struct {
	alive func() // called by each Read: the store has taken what came before

	mu    sync.Mutex
	pages [][]byte
	size  int64
	off   int64
	page  int // of off
	in    int // off within that page
	over  bool
}

var errOver = errors.New("the attempt is over")

func newBody(pages [][]byte, size int64, alive func()) *body {
	return &body{alive: alive, pages: pages, size: size}
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errOver
	}
	b.alive()
	n := 0
	for n < len(p) && b.page < len(b.pages) {
		k := copy(p[n:], b.pages[b.page][b.in:])
		n += k
		if b.in += k; b.in == len(b.pages[b.page]) {
			b.page, b.in = b.page+1, 0
		}
	}
	b.off += int64(n)
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (b *body) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += b.off
	case io.SeekEnd:
		offset += b.size
	}
	if offset < 0 {
		return 0, errors.New("before the first byte")
	}
	b.off, b.page, b.in = offset, 0, 0
	for rest := offset; b.page < len(b.pages) && rest > 0; {
		if k := int64(len(b.pages[b.page])); rest >= k {
			rest -= k
			b.page++
			continue
		}
		b.in, rest = int(rest), 0
	}
	return offset, nil
}

// stop makes every later Read fail. The transport may read on for a moment after it has returned, and the
// pages are somebody else's by then.
func (b *body) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over, b.pages = true, nil
}
