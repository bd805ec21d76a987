package storage

import (
	"context"
	"time"
)

// stream reads the body of a session whose pages go straight through to the store, in the session's own
// goroutine: handing each page to another one would take longer than writing it. What is due after a while is
// sealed and committed by a timer. It says how to end.
func (s *session) stream(ctx context.Context) ending {
	stop := s.sealEvery(ctx, s.e.Limits.Seal)
	defer stop()
	s.in.read(s.w, func(b slice) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.failed != nil {
			b.page.release()
			return
		}
		s.fail(s.take(ctx, b))
	})
	stop()
	if s.failed != nil {
		return ending{err: s.failed}
	}
	return s.bodyEnded()
}

// sealEvery seals and commits, until the function that it returns is called, what has arrived meanwhile.
func (s *session) sealEvery(ctx context.Context, d time.Duration) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var timer *time.Timer
	over := false
	timer = time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if over || s.failed != nil {
			return
		}
		err := s.sealEarly(ctx)
		if err == nil {
			err = s.commitDurable(ctx)
		}
		s.fail(err)
		timer.Reset(d)
	})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		over = true
		timer.Stop()
	}
}

// fail ends the reading because the store or the ledger does not work. That outranks what else may end it.
func (s *session) fail(err error) {
	if err != nil {
		s.failed = err
		s.in.halt()
	}
}
