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

// The time limits of the attempts of one request, and of one made while the store is known to be frozen.
const (
	ailingLimit = time.Second
	ailingFor   = 5 * time.Second
	firstPause  = 150 * time.Millisecond // before the second attempt; the next is four times as long
)

func patience() []time.Duration {
	return []time.Duration{5 * time.Second, time.Second, time.Second / 2}
}

// do tries one request until it succeeds, cannot succeed, or has been tried often enough. The call ends its
// watch, unless it hands it on with what it opened.
func (s *Store) do(ctx context.Context, call func(w *watch) error) error {
	limits := patience()
	if s.ailing.Load() {
		limits = []time.Duration{ailingLimit}
	}
	var t trouble
	for n, limit := range limits {
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
		if t = w.explain(err); !facts[t.reason].again || n == len(limits)-1 {
			break
		}
		if err := s.pause(ctx, n); err != nil {
			return err
		}
	}
	if t.reason == silent {
		s.ails()
	}
	return t.fault()
}

// ails remembers for a while that the store does not answer.
func (s *Store) ails() {
	if s.ailing.CompareAndSwap(false, true) {
		time.AfterFunc(ailingFor, func() { s.ailing.Store(false) })
	}
}

// pause waits before the attempt after the n-th: longer each time, and never as long as other nodes that met
// the same trouble.
func (s *Store) pause(ctx context.Context, n int) error {
	length := firstPause << (2 * n)
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
