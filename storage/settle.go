package storage

import (
	"context"
	"time"

	"cameo/storage/fault"
)

// ending tells a running write why and how to end.
type ending struct {
	err  error
	keep bool // what has arrived becomes durable first
}

// preempt ends an older write of this process without keeping what it has not committed: the newer request
// carries those bytes again. It does not wait; the claim that follows fences the older one.
func (e *Engine) preempt(id ID) {
	if s := e.writer(id); s != nil {
		s.tell(ending{err: superseded()})
	}
}

// stop ends a running write of this process, keeping what has arrived, and waits for it, Limits.Settle at
// most.
func (e *Engine) stop(ctx context.Context, id ID, why error) {
	s := e.writer(id)
	if s == nil {
		return
	}
	s.tell(ending{err: why, keep: true})
	patience := time.NewTimer(e.Limits.Settle)
	defer patience.Stop()
	select {
	case <-s.ended:
	case <-patience.C:
	case <-ctx.Done():
	}
}

func (e *Engine) writer(id ID) *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.writers[id]
}

// Drain refuses new writes and ends the running ones; what they have received becomes durable. It returns
// when all have ended or ctx is over.
func (e *Engine) Drain(ctx context.Context) error {
	e.mu.Lock()
	e.closing = true
	running := make([]*session, 0, len(e.writers))
	for _, s := range e.writers {
		running = append(running, s)
	}
	e.mu.Unlock()
	for _, s := range running {
		s.tell(ending{err: shuttingDown(), keep: true})
	}
	e.claims.close()
	for _, s := range running {
		select {
		case <-s.ended:
		case <-ctx.Done():
			return fault.Wrap(ctx.Err(), fault.Unavailable, "some uploads did not end in time")
		}
	}
	return nil
}

func shuttingDown() error {
	return fault.New(fault.Unavailable, "the server is shutting down; what was received is kept")
}

// tell is heard once: the first reason wins. The reason is there before the body's reader wakes up.
func (s *session) tell(why ending) {
	select {
	case s.endings <- why:
		s.in.halt()
	default:
	}
}

func superseded() error { return fault.New(fault.Superseded, "%s", fault.Superseded.Sentence()) }
