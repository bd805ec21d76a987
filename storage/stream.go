package storage

import (
	"context"
	"time"
)

// stream reads the body of a session whose pages go straight through to the store, in the session's own
// goroutine: handing each page to another one would take longer than writing it. What is due after a while is
// sealed and committed by a timer. It says how to end.
func (s *session) stream(ctx context.Context) ending {
	defer s.sealEvery(ctx, s.e.Limits.Seal)()
	s.in.read(s.w.Len, s.e.memory, func(b slice) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.take(ctx, b); err != nil {
			s.tell(ending{err: err})
		}
	})
	return s.bodyEnded()
}

// sealEvery seals and commits, until the function that it returns was called, what has arrived meanwhile.
func (s *session) sealEvery(ctx context.Context, d time.Duration) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var timer *time.Timer
	over := false
	timer = time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if over {
			return
		}
		err := s.sealEarly(ctx)
		if err == nil {
			err = s.commitDurable(ctx)
		}
		if err != nil {
			s.tell(ending{err: err})
			return
		}
		timer.Reset(d)
	})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		over = true
		timer.Stop()
	}
}
