package ledger

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
)

const (
	keepComplete = `UPDATE uploads SET due = 0, wish = '' WHERE key = $1 AND community = $2 AND state = 2`
	insertHold   = `INSERT INTO holds (key, holder) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	queueForKey  = `UPDATE uploads SET due = due WHERE key = $1 AND community = $2`
	deleteHold   = `DELETE FROM holds WHERE key = $1 AND holder = $2`
	becomeDue    = `UPDATE uploads SET due = $2
		WHERE key = $1 AND NOT EXISTS (SELECT 1 FROM holds WHERE key = $1)`
	keepHeld   = `UPDATE uploads SET due = 0 WHERE key = $1 AND EXISTS (SELECT 1 FROM holds WHERE key = $1)`
	countHolds = `SELECT COUNT(*) FROM holds WHERE key = $1`
)

// Hold adds holder's hold, see storage.Holds. A held upload is never due, and what it was wished for is done.
func (l *Ledger) Hold(ctx context.Context, id storage.ID, holder string) error {
	return untilKnown(func(bool) error {
		return l.db.Do(ctx, func(ctx context.Context) error {
			n, err := l.db.Exec(ctx, keepComplete, id.Key, id.Community)
			if err != nil {
				return err
			}
			if n == 0 {
				return l.unholdable(ctx, id)
			}
			_, err = l.db.Exec(ctx, insertHold, id.Key, holder)
			return err
		})
	})
}

// unholdable says why an upload cannot be held.
func (l *Ledger) unholdable(ctx context.Context, id storage.ID) error {
	u, err := l.Find(ctx, id)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "the upload is %s, not complete", u.State)
}

// Unhold ends holder's hold, see storage.Holds.
func (l *Ledger) Unhold(ctx context.Context, id storage.ID, holder string, due storage.Millis) error {
	return untilKnown(func(bool) error {
		return l.db.Do(ctx, func(ctx context.Context) error {
			// The upload's row first: of two last holds that end at once, one must see the other gone.
			if n, err := l.db.Exec(ctx, queueForKey, id.Key, id.Community); err != nil || n == 0 {
				return err
			}
			if n, err := l.db.Exec(ctx, deleteHold, id.Key, holder); err != nil || n == 0 {
				return err
			}
			_, err := l.db.Exec(ctx, becomeDue, id.Key, due)
			return err
		})
	})
}

// refuseHeld is Conflict while somebody holds the upload.
func (l *Ledger) refuseHeld(ctx context.Context, id storage.ID) error {
	var n int
	if err := l.db.QueryRow(ctx, countHolds, id.Key).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "the upload is in use")
	}
	return nil
}
