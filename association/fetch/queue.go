package fetch

import (
	"context"
	"time"

	"cameo/storage/fault"
)

// queue lets so many run at once and so many more wait.
type queue struct {
	present chan struct{} // one for each that runs or waits
	running chan struct{}
	wait    time.Duration
}

func newQueue(l Limits) *queue {
	return &queue{
		present: make(chan struct{}, l.AtOnce+l.Waiting),
		running: make(chan struct{}, l.AtOnce),
		wait:    l.Wait,
	}
}

// enter waits for a turn. TooMany when there are too many already or the turn does not come in time. Whoever
// got one calls leave once.
func (q *queue) enter(ctx context.Context) (leave func(), err error) {
	select {
	case q.present <- struct{}{}:
	default:
		return nil, fault.New(fault.TooMany, "too many pictures are being fetched; try again later")
	}
	patience := time.NewTimer(q.wait)
	defer patience.Stop()
	select {
	case q.running <- struct{}{}:
		return func() { <-q.running; <-q.present }, nil
	case <-patience.C:
		err = fault.New(fault.TooMany, "too many pictures are being fetched; try again later")
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-q.present
	return nil, err
}
