package s3

import (
	"context"
	"errors"
	"time"

	"cameo/storage/fault"
)

// watch ends an attempt when the store makes no progress. Its context is the attempt's.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
}

var errStalled = errors.New("the store made no progress")

func newWatch(ctx context.Context, limit time.Duration) *watch {
	w := &watch{limit: limit}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(limit, func() { w.cancel(errStalled) })
	return w
}

// alive says that the store has just made progress, or that it is waited for from now on.
func (w *watch) alive() { w.timer.Reset(w.limit) }

// rest says that nothing is awaited from the store until alive is called.
func (w *watch) rest() { w.timer.Stop() }

// end frees the watch and the attempt's connection. Calling it twice is safe.
func (w *watch) end() {
	w.timer.Stop()
	w.cancel(context.Canceled)
}

// explain gives the attempt's error its reason.
func (w *watch) explain(err error) trouble {
	if w.stalled() {
		return trouble{silent, err}
	}
	return explain(err)
}

func (w *watch) stalled() bool { return errors.Is(context.Cause(w.ctx), errStalled) }

// What a request is given, and one made while the store is known to be frozen.
const (
	attempts    = 3
	ailingLimit = time.Second
	ailingFor   = 5 * time.Second
	firstPause  = 150 * time.Millisecond // before the second attempt; the next is four times as long
)

// patience is the time limit of an attempt before which so many have stalled.
func patience(stalls int) time.Duration {
	switch stalls {
	case 0:
		return 5 * time.Second
	case 1:
		return time.Second
	}
	return time.Second / 2
}

// do tries one request until it succeeds, cannot succeed, or has been tried often enough. The call ends its
// watch, unless it hands it on with what it opened.
func (s *Store) do(ctx context.Context, call func(w *watch) error) error {
	if s.ailing.Load() {
		return s.inWords(s.attempt(ctx, ailingLimit, call))
	}
	stalls := 0
	for n := 1; ; n++ {
		err := s.attempt(ctx, patience(stalls), call)
		t, failed := errors.AsType[trouble](err)
		if !failed || !facts[t.reason].again || n == attempts {
			if t.reason == silent {
				s.ails()
			}
			return s.inWords(err)
		}
		if t.reason == silent {
			stalls++
		}
		if err := s.pause(ctx, n); err != nil {
			return err
		}
	}
}

// attempt returns a trouble, or the fault of a context that ended.
func (s *Store) attempt(ctx context.Context, limit time.Duration, call func(w *watch) error) error {
	if err := ended(ctx); err != nil {
		return err
	}
	w := newWatch(ctx, limit)
	err := call(w)
	if err == nil {
		s.ailing.Store(false)
		return nil
	}
	if err := ended(ctx); err != nil {
		return err
	}
	return w.explain(err)
}

// inWords turns a trouble into a fault. After one that the store is to blame for, the next Check is thorough.
func (s *Store) inWords(err error) error {
	t, ok := errors.AsType[trouble](err)
	if !ok {
		return err
	}
	if k := facts[t.reason].kind; k == fault.Unavailable || k == fault.Full {
		s.proven.Store(false)
	}
	return t.fault()
}

// ails remembers for a while that the store does not answer.
func (s *Store) ails() {
	if s.ailing.CompareAndSwap(false, true) {
		time.AfterFunc(ailingFor, func() { s.ailing.Store(false) })
	}
}

// pause waits after the n-th attempt, counted from 1: longer each time, and never as long as other nodes that
// met the same trouble.
func (s *Store) pause(ctx context.Context, n int) error {
	length := firstPause << (2 * (n - 1))
	timer := time.NewTimer(length/2 + length*time.Duration(s.draw())/256)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

// ended is the error of a context that is over, or nil.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the request was given up")
	}
	return nil
}
