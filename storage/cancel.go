package storage

import (
	"context"

	"cameo/storage/fault"
)

// Cancel gives an upload up: its bytes go, and its key answers Gone from then on. An upload that somebody
// holds is Conflict. Cancelling one that is Failed makes it Gone as well.
func (e *Engine) Cancel(ctx context.Context, id ID) error {
	err := e.cancel(ctx, id)
	for range cancelTries {
		if !fault.Is(err, fault.Superseded) {
			break
		}
		err = e.cancel(ctx, id)
	}
	return err
}

// cancelTries is how often a cancel begins anew because a write came between its claim and its end.
const cancelTries = 5

func (e *Engine) cancel(ctx context.Context, id ID) error {
	u, err := e.Find(ctx, id)
	if err != nil {
		return err
	}
	if u.State == Active {
		e.preempt(id)
		u, err = e.Ledger.Claim(ctx, id, anywhere, "", e.Clock())
		if fault.Is(err, fault.Conflict) { // its last bytes came meanwhile
			u, err = e.Find(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return e.bury(ctx, u, Cancelled)
}

// bury makes an upload a tombstone of the given state; what it was made of goes to the trash.
func (e *Engine) bury(ctx context.Context, u Upload, s State) error {
	if c := e.claims.take(u.ID); c != nil {
		c.close()
	}
	due := e.Clock().Add(e.Limits.Tombstone)
	return e.note(ctx, u, Commit{State: s, Due: due, Release: true})
}
