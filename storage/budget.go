package storage

import (
	"sync"
	"sync/atomic"
)

// pageSize is how much a reader takes from the budget at once: large enough for few system calls, small
// enough that hundreds of slow clients hold little.
const pageSize = 64 << 10

// budget bounds the pages of all writes of this process. A page is taken before bytes are read into it and
// given back when they are durable, so that a store that lags makes clients wait instead of memory grow.
type budget struct {
	mu    sync.Mutex
	left  int64
	freed chan struct{} // closed and replaced whenever a page comes back to somebody who waits
	wants int
	pool  sync.Pool
}

func newBudget(bytes int64) *budget {
	b := &budget{left: bytes / pageSize, freed: make(chan struct{})}
	b.pool.New = func() any { return new([pageSize]byte) }
	return b
}

// page is one buffer, shared by the reader that fills it and by the slices of it that are on their way to the
// store.
type page struct {
	home *budget
	buf  *[pageSize]byte
	used int // filled by the reader so far
	refs atomic.Int32
}

// take returns a page, or nil and a channel that tells when to try again.
func (b *budget) take() (*page, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == 0 {
		b.wants++
		return nil, b.freed
	}
	b.left--
	buf, _ := b.pool.Get().(*[pageSize]byte)
	p := &page{home: b, buf: buf}
	p.refs.Store(1)
	return p, nil
}

// release drops one reference; the last one gives the page back.
func (p *page) release() {
	if p.refs.Add(-1) > 0 {
		return
	}
	b := p.home
	b.pool.Put(p.buf)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left++
	if b.wants > 0 {
		b.wants = 0
		close(b.freed)
		b.freed = make(chan struct{})
	}
}

// slice is a filled part of a page. Whoever holds one releases its page once.
type slice struct {
	page *page
	b    []byte
}

// fill reads once into what is left of the page and returns what came as a slice with a reference of its own.
func (p *page) fill(read func([]byte) (int, error), most int64) (slice, error) {
	free := p.buf[p.used:]
	if int64(len(free)) > most {
		free = free[:most]
	}
	n, err := read(free)
	p.used += n
	p.refs.Add(1)
	return slice{page: p, b: free[:n:n]}, err
}

// split cuts a slice in two, each with a reference of its own.
func (s slice) split(at int) (slice, slice) {
	s.page.refs.Add(1)
	return slice{s.page, s.b[:at:at]}, slice{s.page, s.b[at:]}
}

func (p *page) full() bool { return p.used == len(p.buf) }
