package storage

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"cameo/storage/fault"
)

// Swept counts what one Sweep did.
type Swept struct {
	Expired int // uploads whose time was up
	Purged  int // rows dropped: tombstones, and complete uploads that nobody held
	Blobs   int // blobs deleted
}

const (
	sweepBatch  = 200
	sweepRounds = 50        // of a batch each, so that a sweep ends whatever comes in
	secondLook  = time.Hour // after the first listing, for runs of writers that were frozen
	// sweepTurn is how long a node has for what it has taken, before another one, or the next sweep, does it.
	sweepTurn = 5 * time.Minute
)

// Sweep does what is due: it expires, purges, lists the runs of writers that were fenced, and deletes trash.
// Many nodes may sweep at once: each takes what the others have not. An upload that cannot be swept now does
// not keep the others waiting; its error is returned at the end, and it is tried again after sweepTurn.
func (e *Engine) Sweep(ctx context.Context) (Swept, error) {
	var sum Swept
	var faults []error
	e.claims.letGo(e.Clock().Add(-claimIdle))
	e.tails.letGo(e.Clock().Add(-claimIdle))
	for range sweepRounds {
		now := e.Clock()
		us, err := e.Ledger.Due(ctx, now, now.Add(sweepTurn), sweepBatch)
		if err != nil {
			return sum, err
		}
		failed := 0
		for _, u := range us {
			if err := e.sweep(ctx, u, &sum); err != nil && !overtaken(err) {
				faults = append(faults, err)
				failed++
			}
		}
		if len(us) < sweepBatch || failed > 0 || ctx.Err() != nil {
			break
		}
	}
	faults = append(faults, e.empty(ctx, &sum))
	return sum, errors.Join(faults...)
}

// overtaken says that the upload is no longer as the sweep found it: somebody wrote, finished or swept it.
func overtaken(err error) bool {
	switch fault.Of(err) {
	case fault.Superseded, fault.Conflict, fault.Gone, fault.NotFound, fault.Unsupported:
		return true
	}
	return false
}

// sweep does what is due of one upload.
func (e *Engine) sweep(ctx context.Context, u Upload, sum *Swept) error {
	now := e.Clock()
	if u.Dirty != 0 && u.Dirty <= now {
		return e.clean(ctx, u, sum)
	}
	if u.Due == 0 || u.Due > now {
		return nil
	}
	switch {
	case u.State == Active:
		e.preempt(u.ID)
		u, err := e.Ledger.Claim(ctx, u.ID, anywhere, "", now)
		if err != nil {
			return err
		}
		err = e.bury(ctx, u, Expired)
		if err == nil {
			sum.Expired++
		}
		return err
	case u.Dirty != 0: // a fenced writer may still wake up: the row is what leads to its runs
		return nil
	}
	err := e.note(ctx, u, Commit{Purge: true})
	if err == nil {
		sum.Purged++
	}
	return err
}

// clean deletes the runs under an upload's name that no row mentions and that no writer can commit any more,
// and asks for a second look later, since a writer that was frozen may still wake up and store one.
//
// Order: row, list, extents. A run that is committed in between is mentioned by then.
func (e *Engine) clean(ctx context.Context, u Upload, sum *Swept) error {
	names, err := e.runs(ctx, u)
	if err != nil {
		return err
	}
	used := map[Name]bool{}
	xs, err := e.Ledger.Extents(ctx, u.ID, 0, u.Offset+1)
	if err != nil {
		return err
	}
	for _, x := range xs {
		used[x.Blob] = true
	}
	dead := slices.DeleteFunc(names, func(n Name) bool { return used[n] || !u.fenced(n) })
	if dead, err = e.Trash.Unmentioned(ctx, dead...); err != nil { // uploads that were joined share runs
		return err
	}
	if err := e.Blobs.Delete(ctx, dead...); err != nil {
		return err
	}
	sum.Blobs += len(dead)
	var next Millis
	if u.Looked != u.Epoch || u.Writer != "" { // a writer may set a mark of its own meanwhile
		next = e.Clock().Add(secondLook)
	}
	return e.note(ctx, u, Commit{Dirty: &next, Looked: true})
}

// runs lists all blobs under an upload's name.
func (e *Engine) runs(ctx context.Context, u Upload) ([]Name, error) {
	var all []Name
	for after := Name(""); ; after = all[len(all)-1] {
		names, err := e.Blobs.List(ctx, Under(string(u.Key)), after, sweepBatch)
		if err != nil {
			return nil, err
		}
		if all = append(all, names...); len(names) < sweepBatch {
			return all, nil
		}
	}
}

// fenced says whether the run of that name can never be committed any more.
func (u Upload) fenced(n Name) bool {
	_, leaf, err := n.Split()
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(leaf, "-")
	epoch, err := strconv.ParseInt(first, 10, 64)
	return err == nil && (epoch < u.Epoch || epoch == u.Epoch && u.Writer == "")
}

// note is a commit that leaves the bytes as they are. A writer that came between wins; the next sweep sees to
// the rest.
func (e *Engine) note(ctx context.Context, u Upload, c Commit) error {
	c.ID, c.Epoch, c.From, c.To = u.ID, u.Epoch, u.Offset, u.Offset
	c.CRC, c.Inline, c.Now = u.CRC, u.Inline, e.Clock()
	return e.Ledger.Commit(ctx, c)
}

// empty deletes the trash.
func (e *Engine) empty(ctx context.Context, sum *Swept) error {
	for {
		now := e.Clock()
		names, err := e.Trash.Discarded(ctx, now, now.Add(sweepTurn), sweepBatch)
		if err != nil || len(names) == 0 {
			return err
		}
		if err := e.Blobs.Delete(ctx, names...); err != nil {
			return err
		}
		if err := e.Trash.Forget(ctx, names...); err != nil {
			return err
		}
		sum.Blobs += len(names)
	}
}
