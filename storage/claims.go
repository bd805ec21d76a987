package storage

import (
	"container/list"
	"context"
	"sync"
	"time"

	"cameo/storage/fault"
)

// claim is the right to write that this process has from an earlier request. It is good as long as the row
// shows its epoch: nobody else has claimed the upload since. Continuing under it saves the next request a
// transaction and, where runs can go on, a file.
type claim struct {
	u     Upload // as this process committed it last
	run   Run    // may go on; nil for none
	name  Name   // of the run
	start int64  // offset of the run's first byte
	grown uint64 // CRC of the run's bytes
	runs  int    // begun under this claim
	since Millis
}

func (c *claim) close() {
	if c.run != nil {
		_ = c.run.Close()
	}
}

const (
	mostClaims = 1024             // each may keep a file open
	claimIdle  = 30 * time.Second // after which the sweep lets one go
)

// claims keeps the claims that no request is using; the oldest go first. One that is gone costs its upload's
// next request a claim of its own, no more.
type claims struct {
	mu     sync.Mutex
	closed bool
	order  *list.List // of *claim, oldest in front
	by     map[ID]*list.Element
}

func newClaims() *claims { return &claims{order: list.New(), by: map[ID]*list.Element{}} }

// keep adds a claim that nobody else has.
func (cs *claims) keep(c *claim) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed {
		c.close()
		return
	}
	cs.remove(c.u.ID).close()
	cs.by[c.u.ID] = cs.order.PushBack(c)
	if cs.order.Len() > mostClaims {
		cs.oldest().close()
	}
}

// take returns the claim on an upload for the caller alone, or nil.
func (cs *claims) take(id ID) *claim {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.by[id] == nil {
		return nil
	}
	return cs.remove(id)
}

// view returns the upload as the claim on it shows it, if there is one.
func (cs *claims) view(id ID) (Upload, bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	at := cs.by[id]
	if at == nil {
		return Upload{}, false
	}
	c, _ := at.Value.(*claim)
	return c.u, true
}

// has says whether the claim under which u stands as it does is here: then nobody is using it.
func (cs *claims) has(u Upload) bool {
	kept, ok := cs.view(u.ID)
	return ok && kept.Epoch == u.Epoch && kept.Offset == u.Offset
}

// letGo ends the claims that have not been used since a point in time.
func (cs *claims) letGo(since Millis) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for front := cs.order.Front(); front != nil; front = cs.order.Front() {
		if c, _ := front.Value.(*claim); c.since > since {
			return
		}
		cs.oldest().close()
	}
}

// close ends all claims, and those that are still to be kept.
func (cs *claims) close() {
	cs.mu.Lock()
	cs.closed = true
	cs.mu.Unlock()
	cs.letGo(1<<63 - 1)
}

func (cs *claims) oldest() *claim {
	c, _ := cs.order.Front().Value.(*claim)
	return cs.remove(c.u.ID)
}

// remove takes a claim off the list. It is an empty one when there is none.
func (cs *claims) remove(id ID) *claim {
	at := cs.by[id]
	if at == nil {
		return &claim{}
	}
	delete(cs.by, id)
	c, _ := cs.order.Remove(at).(*claim)
	return c
}

// own claims the upload for a session that has not done so. A run needs it: it is by the row's writer that
// the sweep learns of runs that may be left.
func (s *session) own(ctx context.Context) error {
	if s.owned {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.e.Limits.Commit)
	defer cancel()
	u, err := s.e.Ledger.Claim(ctx, s.w.ID, s.u.Offset, s.e.Node, s.e.Clock())
	if fault.Is(err, fault.WrongOffset) {
		return superseded()
	}
	if err != nil {
		return err
	}
	s.owned, s.u.Writer, s.u.Dirty = true, u.Writer, u.Dirty
	s.reach(u.Epoch)
	return nil
}

// reach notes a later claim of the session's own.
func (s *session) reach(epoch int64) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.epoch, s.u.Epoch = epoch, epoch
}
