package storage

import (
	"sync"
	"sync/atomic"
)

// A reader begins with small pages and goes on with large ones while its client fills them fast: few system
// calls for a fast client, little memory for hundreds of slow ones.
const (
	smallPage = 32 << 10
	largePage = 256 << 10
	fastFill  = 8 // reads at most that fill a page of a fast client
)

// budget bounds the pages of all writes of this process. A page is taken before bytes are read into it and
// given back when they are durable, so that a store that lags makes clients wait instead of memory grow.
//
// Where runs are gathered, one half is for everybody, and the other for those that have a place, as many as
// it has room for whole runs. So of many fast clients a few fill their runs while the others wait; else each
// would get a small share, and all of them would have to be sealed in small pieces.
type budget struct {
	size    int64 // bytes of all pages
	mu      sync.Mutex
	left    int64         // of them: taken by nobody
	reserve int64         // of them: for those with a place
	places  chan struct{} // holds one for each that is taken; nil: there are none
	freed   chan struct{} // closed and replaced when pages have come back that somebody waits for
	wants   int           // who wait
	placed  int           // of them: with a place
	small   sync.Pool
	large   sync.Pool
}

func newBudget(bytes, gather int64) *budget {
	b := &budget{size: bytes, left: bytes, freed: make(chan struct{})}
	if gather > 0 {
		b.reserve = bytes / 2
		b.places = make(chan struct{}, max(1, b.reserve/gather))
	}
	b.small.New = func() any { return newBuffer(smallPage) }
	b.large.New = func() any { return newBuffer(largePage) }
	return b
}

// taken is how many bytes all pages have that are in use.
func (b *budget) taken() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size - b.left
}

func newBuffer(n int) *[]byte {
	b := make([]byte, n)
	return &b
}

// page is one buffer, shared by the reader that fills it and by the slices of it that are on their way to the
// store.
type page struct {
	home *budget
	buf  *[]byte
	used int // filled by the reader so far
	fed  int // reads that filled it
	refs atomic.Int32
}

// take returns a page, a large one if that is wanted and possible, or nil and a channel that tells when to
// try again.
func (b *budget) take(large, placed bool) (*page, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.left
	if !placed {
		left -= b.reserve
	}
	size, pool := int64(smallPage), &b.small
	if large && left >= largePage {
		size, pool = largePage, &b.large
	}
	if left < size {
		b.wants++
		if placed {
			b.placed++
		}
		return nil, b.freed
	}
	b.left -= size
	buf, _ := pool.Get().(*[]byte)
	p := &page{home: b, buf: buf}
	p.refs.Store(1)
	return p, nil
}

// release drops one reference; the last one gives the page back.
func (p *page) release() {
	if p.refs.Add(-1) > 0 {
		return
	}
	b, size := p.home, len(*p.buf)
	if size == largePage {
		b.large.Put(p.buf)
	} else {
		b.small.Put(p.buf)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += int64(size)
	if b.placed > 0 || b.wants > 0 && b.left >= b.reserve+smallPage {
		b.wants, b.placed = 0, 0
		close(b.freed)
		b.freed = make(chan struct{})
	}
}

// slice is a filled part of a page. Whoever holds one releases its page once. Its capacity reaches to the
// page's end, so that slices which follow each other can be joined.
type slice struct {
	page *page
	b    []byte
	last bool // nothing follows in the page
}

// fill reads once into what is left of the page and returns what came as a slice with a reference of its own.
func (p *page) fill(read func([]byte) (int, error), most int64) (slice, error) {
	free := (*p.buf)[p.used:]
	if int64(len(free)) > most {
		free = free[:most]
	}
	n, err := read(free)
	p.used += n
	p.fed++
	p.refs.Add(1)
	return slice{page: p, b: free[:n], last: p.full()}, err
}

// split cuts a slice in two, each with a reference of its own.
func (s slice) split(at int) (slice, slice) {
	s.page.refs.Add(1)
	return slice{s.page, s.b[:at], false}, slice{s.page, s.b[at:], s.last}
}

func (p *page) full() bool { return p.used == len(*p.buf) }

// fast says that the client filled the page in few reads.
func (p *page) fast() bool { return p.full() && p.fed <= fastFill }
