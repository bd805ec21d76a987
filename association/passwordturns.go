package association

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"cameo/storage/fault"
)

// Each check of a password takes 19 MiB and a core for a while, and strangers may ask for as many as they
// like: few are made at once, some wait, and the others are told to come again.
const (
	mostChecks  = 4 // at once; of few cores half are left to others
	mostWaiting = 64
	turnsWait   = 10 * time.Second
	busyFor     = 5 * time.Second // after which it is worth to try again
)

// turns are handed out to those who check or hash passwords.
type turns struct {
	free    chan struct{}
	waiting atomic.Int64
}

func newTurns() *turns {
	return &turns{free: make(chan struct{}, min(max(runtime.GOMAXPROCS(0)/2, 1), mostChecks))}
}

// take waits for a turn, which ends when the function that it returns is called. TooMany when too many wait
// already, or when it takes too long.
func (t *turns) take(ctx context.Context) (func(), error) {
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > mostWaiting {
		return nil, errBusy()
	}
	limit := time.NewTimer(turnsWait)
	defer limit.Stop()
	select {
	case t.free <- struct{}{}:
		return func() { <-t.free }, nil
	case <-limit.C:
		return nil, errBusy()
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "%s", fault.Unavailable.Sentence())
	}
}

func errBusy() error {
	return fault.New(fault.TooMany, "too many sign in at this moment; try again soon").Later(busyFor)
}
