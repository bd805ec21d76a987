package association

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"
)

// aloneEvery is how many pictures are begun, under a load that never ends, before the slots are let run empty
// to look for one that has to go alone.
const aloneEvery = 64

// Run works until ctx ends, and keeps every slot busy while there is work. What is being done when ctx ends
// is given back to the queue.
//
// A picture that was tried before may be one that kills the process. It goes alone, when no slot is busy, so
// that it takes nobody with it.
func (w *Worker) Run(ctx context.Context) {
	ended := make(chan error)
	for l := (load{}); ctx.Err() == nil || l.running > 0; {
		claimed, again, err := w.next(ctx, l)
		w.warn(ctx, err)
		if l.running == 0 {
			l.begun, l.alone = 0, again
		}
		for _, p := range claimed {
			go func() { ended <- w.work(ctx, p) }()
		}
		l.running, l.begun = l.running+len(claimed), l.begun+len(claimed)
		l.running -= w.wait(ctx, l.running, ended)
	}
}

// load is what a Worker's slots do.
type load struct {
	running int  // pictures
	begun   int  // pictures, since the slots were empty
	alone   bool // the last one was a second try
}

// next claims what the slots have room for: a second try only if they are empty, and then nothing beside it.
// Empty slots take turns between the two, so that neither keeps the other waiting for ever.
func (w *Worker) next(ctx context.Context, l load) (claimed []Photo, again bool, err error) {
	full := l.running >= w.Limits.Slots || l.begun >= aloneEvery || l.alone
	if ctx.Err() != nil || l.running > 0 && full {
		return nil, false, nil
	}
	for _, again := range [...]bool{!l.alone, l.alone} {
		n := w.Limits.Slots - l.running
		if again {
			n = 1
		}
		if again && l.running > 0 {
			continue
		}
		if claimed, err = w.claim(ctx, n, again); len(claimed) > 0 || err != nil {
			return claimed, again, err
		}
	}
	return nil, false, nil
}

// wait returns when there may be something to do: a picture has ended, then it is 1, or there is new work or
// ctx has ended, then it is 0.
func (w *Worker) wait(ctx context.Context, running int, ended <-chan error) int {
	stop := ctx.Done()
	if ctx.Err() != nil {
		if running == 0 {
			return 0
		}
		stop = nil // only the running ones are waited for
	}
	poll := time.NewTimer(w.around(w.Limits.Poll))
	defer poll.Stop()
	select {
	case err := <-ended:
		w.warn(ctx, err)
		return 1
	case <-poll.C:
	case <-w.woken:
	case <-stop:
	}
	return 0
}

func (w *Worker) warn(ctx context.Context, err error) {
	if err != nil {
		w.Log.WarnContext(ctx, "photos: rendering", "error", err)
	}
}

// around returns d ± 50%, so that many workers, or many photos that failed together, do not come back
// together.
func (w *Worker) around(d time.Duration) time.Duration {
	var b [2]byte
	if _, err := io.ReadFull(w.Random, b[:]); err != nil {
		return d
	}
	return d/2 + d*time.Duration(binary.BigEndian.Uint16(b[:]))/(1<<16)
}

// Step claims what is due, as much as there are slots, and returns when it is done: how many photos were
// worked on, and what went wrong with any of them. Run does the same without waiting for the slowest.
func (w *Worker) Step(ctx context.Context) (worked int, err error) {
	fresh, err := w.claim(ctx, w.Limits.Slots, false)
	if err != nil {
		return 0, err
	}
	faults := make([]error, len(fresh))
	var all sync.WaitGroup
	for i, p := range fresh {
		all.Go(func() { faults[i] = w.work(ctx, p) })
	}
	all.Wait()
	again, err := w.claim(ctx, 1, true)
	for _, p := range again {
		faults = append(faults, w.work(ctx, p))
	}
	return len(fresh) + len(again), errors.Join(append(faults, err)...)
}
