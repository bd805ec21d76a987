package storage

import (
	"bytes"
	"container/list"
	"io"
	"sync"
	"time"
)

// recentTime is how long the bytes of a small upload stay in memory after they were stored: as long as it
// takes to make it a photo.
const recentTime = 10 * time.Second

// recent keeps the pages of uploads that were stored as one run a moment ago, so that who looks at the whole
// of one need not fetch it from the store. They still belong to the budget, but for tails that were read back
// from the rows. The oldest go first.
type recent struct {
	mu    sync.Mutex
	left  int64      // bytes that may still be kept
	order *list.List // of *keepsake, oldest in front
	by    map[ID]*list.Element
}

// keepsake is the whole of an upload in memory.
type keepsake struct {
	id      ID
	pages   [][]byte
	size    int64
	free    func() // gives the pages back
	readers int
	over    bool // it is not on the list: the last reader frees it
}

func newRecent(bytes int64) *recent {
	return &recent{left: bytes, order: list.New(), by: map[ID]*list.Element{}}
}

// keepWhole keeps the bytes for those who look at the upload next, if it is these that were committed.
func (s *session) keepWhole() {
	switch {
	case s.whole == nil:
	case s.u.State == Complete:
		s.e.recent.keep(s.whole)
	default:
		s.whole.free()
	}
}

// keep keeps the bytes of a Complete upload for a while, and then frees them.
func (r *recent) keep(k *keepsake) {
	for _, p := range k.pages {
		k.size += int64(len(p))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.left < k.size && r.order.Len() > 0 {
		oldest, _ := r.order.Front().Value.(*keepsake)
		r.drop(oldest)
	}
	if r.left < k.size || r.by[k.id] != nil {
		k.free()
		return
	}
	r.left -= k.size
	r.by[k.id] = r.order.PushBack(k)
	time.AfterFunc(recentTime, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.drop(k)
	})
}

// drop takes a keepsake off the list, if it is on it, and frees it when nobody reads it.
func (r *recent) drop(k *keepsake) {
	if k.over {
		return
	}
	k.over = true
	r.order.Remove(r.by[k.id])
	delete(r.by, k.id)
	r.release(k)
}

func (r *recent) release(k *keepsake) {
	if k.over && k.readers == 0 {
		r.left += k.size
		k.free()
	}
}

// open returns n bytes from off on, or nil if the upload is not here. The caller closes.
func (r *recent) open(id ID, off, n int64) io.ReadCloser {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.by[id]
	if at == nil {
		return nil
	}
	k, _ := at.Value.(*keepsake)
	k.readers++
	parts := make([]io.Reader, 0, len(k.pages))
	for _, p := range k.pages {
		skip := min(off, int64(len(p)))
		parts = append(parts, bytes.NewReader(p[skip:]))
		off -= skip
	}
	return &recollection{Reader: io.LimitReader(io.MultiReader(parts...), n), of: r, k: k}
}

// recollection reads a keepsake.
type recollection struct {
	io.Reader
	of   *recent
	k    *keepsake
	once sync.Once
}

// Close lets the pages go. Calling it twice is safe.
func (c *recollection) Close() error {
	c.once.Do(func() {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		c.Reader = bytes.NewReader(nil)
		c.k.readers--
		c.of.release(c.k)
	})
	return nil
}
