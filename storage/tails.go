package storage

import (
	"container/list"
	"sync"
)

// tail is the inline tail of an upload as this process has committed it: the pieces lie end to end.
type tail struct {
	id       ID
	epoch    int64 // of the last commit
	from, to int64
	pieces   [][]byte
	since    Millis // when it was kept
}

// tails keeps inline tails in memory, so that the runs which they become need not read them back from the
// ledger. They are copies: one that is gone costs that reading, no more. The oldest go first.
type tails struct {
	mu    sync.Mutex
	left  int64      // bytes that may still be kept, here and by those who took theirs
	order *list.List // of *tail, oldest in front
	by    map[ID]*list.Element
}

func newTails(bytes int64) *tails {
	return &tails{left: bytes, order: list.New(), by: map[ID]*list.Element{}}
}

// take returns what is kept of an upload's tail for the caller alone, if nobody else has claimed the upload
// since; else an empty one at the row's offset. The caller may have claimed it just now, and is its writer
// then.
func (ts *tails) take(u Upload) *tail {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, before := ts.remove(u.ID), u.Epoch
	if u.Writer != "" {
		before--
	}
	if t != nil && t.epoch == before && t.from == u.Inline && t.to == u.Offset {
		return t
	}
	ts.free(t)
	return &tail{id: u.ID, from: u.Offset, to: u.Offset}
}

// add lengthens a tail that the caller has taken by the piece at offset off, if there is room. Else it begins
// anew behind it.
func (ts *tails) add(t *tail, off int64, b []byte) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	n := int64(len(b))
	if t.to != off {
		t.to = off
		ts.free(t)
	}
	for ts.left < n && ts.order.Len() > 0 {
		ts.free(ts.remove(ts.oldest().id))
	}
	t.to += n
	if ts.left < n {
		ts.free(t)
		return
	}
	ts.left -= n
	t.pieces = append(t.pieces, b)
}

// keep puts back a tail that was taken, for the request after the commit that made it.
func (ts *tails) keep(t *tail, epoch int64, now Millis) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.free(ts.remove(t.id))
	t.epoch, t.since = epoch, now
	ts.by[t.id] = ts.order.PushBack(t)
}

// letGo forgets the tails that have not been used since a point in time.
func (ts *tails) letGo(since Millis) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for ts.order.Len() > 0 && ts.oldest().since <= since {
		ts.free(ts.remove(ts.oldest().id))
	}
}

func (ts *tails) oldest() *tail {
	t, _ := ts.order.Front().Value.(*tail)
	return t
}

// drop forgets the bytes of a tail that was taken: it begins anew behind them.
func (ts *tails) drop(t *tail) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.free(t)
}

// free gives back the room of a tail that is not on the list; nil is none.
func (ts *tails) free(t *tail) {
	if t == nil {
		return
	}
	for _, b := range t.pieces {
		ts.left += int64(len(b))
	}
	t.from, t.pieces = t.to, nil
}

// remove takes a tail off the list; nil if there is none.
func (ts *tails) remove(id ID) *tail {
	at := ts.by[id]
	if at == nil {
		return nil
	}
	delete(ts.by, id)
	t, _ := ts.order.Remove(at).(*tail)
	return t
}

// keepTail leaves the inline tail to the upload's next request, if all of it is in memory and committed.
func (s *session) keepTail() {
	if t := s.kept; t.from < t.to && t.from == s.u.Inline && t.to == s.u.Offset && !s.u.State.Ended() {
		s.e.tails.keep(t, s.u.Epoch, s.e.Clock())
		return
	}
	s.e.tails.drop(s.kept)
}
