package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"cameo/storage/fault"
)

// Pauses grow from the first to the longest, doubling, each with a jitter of half its length.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 10 * time.Second
)

// patience counts the pauses since the last progress.
type patience struct {
	client *Client
	tries  int
	paused time.Duration
}

// wait pauses before the next try. When patience or ctx has ended it returns why there is no next try.
func (p *patience) wait(ctx context.Context, cause error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	pause := min(firstPause<<min(p.tries, 10), longestPause)
	pause = pause/2 + rand.N(pause)
	if e, ok := errors.AsType[*Error](cause); ok {
		pause = max(pause, e.After)
	}
	if p.paused+pause > p.client.patience {
		return cause
	}
	p.tries++
	p.paused += pause
	if p.client.onWaiting != nil {
		p.client.onWaiting(cause, pause)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stubborn calls until an answer is good or lasting, or patience ends.
func (c *Client) stubborn(ctx context.Context, call func() (Attachment, error)) (Attachment, error) {
	p := patience{client: c}
	for {
		a, err := call()
		if err == nil || lasting(err) || disagrees(err) {
			return a, err
		}
		if stop := p.wait(ctx, err); stop != nil {
			return a, stop
		}
	}
}

// lasting says that trying again cannot help: the request or the caller is wrong, not the moment.
func lasting(err error) bool {
	switch fault.Of(err) {
	case fault.Unavailable, fault.Internal, fault.Corrupt, fault.TooMany, fault.Full, fault.Cut, fault.Stalled:
		return false
	}
	return !disagrees(err)
}

// disagrees says that the server thinks the upload stands elsewhere.
func disagrees(err error) bool {
	switch fault.Of(err) {
	case fault.WrongOffset, fault.Conflict, fault.Superseded, fault.Exists:
		return true
	}
	return false
}
