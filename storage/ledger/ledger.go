// Package ledger keeps the rows of uploads in SQL: who has them, how far each has come, where its bytes lie,
// who holds it, and which blobs nobody mentions any more. Each change of an upload begins with one UPDATE
// whose WHERE says what must still be true; the rows that it changes, one or none, are the decision.
package ledger

import (
	"context"
	"errors"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// Ledger implements storage.Ledger, storage.Trash and storage.Holds. It is safe for use by many goroutines
// and many nodes.
type Ledger struct{ db *sqldb.DB }

// The seams that Ledger fits.
var (
	_ storage.Ledger = (*Ledger)(nil)
	_ storage.Trash  = (*Ledger)(nil)
	_ storage.Holds  = (*Ledger)(nil)
)

// New returns the ledger that lies in a migrated database.
func New(db *sqldb.DB) *Ledger { return &Ledger{db} }

// uploadColumns are what scanUpload reads, in this order.
const uploadColumns = `key, community, owner, state, length, off, inline, epoch, writer, type, name,
	head, crc, last_from, last_to, last_crc, reason, request, created, expires, due, dirty, looked,
	partial, note, wish, sha256, hashed`

func scanUpload(row sqldb.Scanner) (storage.Upload, error) {
	var u storage.Upload
	var crc, lastCRC, partial int64
	err := row.Scan(
		&u.Key, &u.Community, &u.Owner, &u.State, &u.Length, &u.Offset, &u.Inline, &u.Epoch, &u.Writer,
		&u.Type, &u.Name, &u.Head, &crc, &u.Last.From, &u.Last.To, &lastCRC, &u.Reason,
		&u.Request, &u.Created, &u.Expires, &u.Due, &u.Dirty, &u.Looked, &partial, &u.Note, &u.Wish,
		&u.SHA256, &u.Hashed,
	)
	u.Partial = partial == 1
	u.CRC, u.Last.CRC = uint64(crc), uint64(lastCRC) // columns are signed: the bit pattern is kept
	return u, err
}

const selectUpload = `SELECT ` + uploadColumns + ` FROM uploads WHERE key = $1 AND community = $2`

// Find returns the row.
func (l *Ledger) Find(ctx context.Context, id storage.ID) (storage.Upload, error) {
	u, err := scanUpload(l.db.QueryRow(ctx, selectUpload, id.Key, id.Community))
	if errors.Is(err, sqldb.ErrNoRow) {
		return storage.Upload{}, storage.NoUpload()
	}
	return u, err
}

// Each of the two conditions is served by an index of its own, which holds only the rows with a time.
const (
	isDirty = `(dirty > 0 AND dirty <= $1)`
	isDue   = `(due > 0 AND due <= $1 AND (dirty = 0 OR state = 1) OR ` + isDirty + `)`

	// Of two that take at once, the second waits for the first and looks again: the row's time is later then.
	takeDue = `UPDATE uploads SET due = CASE WHEN ` + isDirty + ` THEN due ELSE $2 END,
		dirty = CASE WHEN ` + isDirty + ` THEN $2 ELSE dirty END
		WHERE key IN (SELECT key FROM uploads WHERE ` + isDue + ` LIMIT $3) AND ` + isDue + `
		RETURNING ` + uploadColumns
)

// Due takes up to n uploads whose Due or Dirty has come: it is until then that time, and told as now. One
// that is Dirty later is not due before, unless it is to expire: its row leads to what may be left.
func (l *Ledger) Due(ctx context.Context, now, until storage.Millis, n int) (us []storage.Upload, err error) {
	err = l.db.Do(ctx, func(ctx context.Context) error {
		us, err = sqldb.All(ctx, l.db, scanUpload, takeDue, now, until, n)
		return err
	})
	for i := range us {
		if u := &us[i]; u.Due == until {
			u.Due = now
		} else {
			u.Dirty = now
		}
	}
	return us, err
}

const claimUpload = `UPDATE uploads
	SET epoch = epoch + 1, writer = $4, dirty = CASE WHEN writer <> '' THEN $5 ELSE dirty END
	WHERE key = $1 AND community = $2 AND state = 1 AND (off = $3 OR $3 < 0)
	RETURNING ` + uploadColumns

// Claim makes the caller the writer, see storage.Ledger. After an unknown outcome a second claim fences the
// first.
func (l *Ledger) Claim(
	ctx context.Context, id storage.ID, at int64, node string, now storage.Millis,
) (u storage.Upload, err error) {
	err = untilKnown(func(bool) error {
		u, err = scanUpload(l.db.WriteRow(ctx, claimUpload, id.Key, id.Community, at, node, now))
		return err
	})
	if errors.Is(err, sqldb.ErrNoRow) {
		return storage.Upload{}, l.unclaimed(ctx, id, at)
	}
	return u, err
}

// unclaimed says why a claim changed no row.
func (l *Ledger) unclaimed(ctx context.Context, id storage.ID, at int64) error {
	u, err := l.Find(ctx, id)
	switch {
	case err != nil:
		return err
	case u.State != storage.Active:
		return u.Closed()
	case at >= 0 && u.Offset != at:
		return &storage.OffsetError{Have: u.Offset, Got: at}
	}
	return superseded() // it came to this offset between the two looks: somebody else wrote
}

func superseded() error {
	return fault.New(fault.Superseded, "a newer request has taken over this upload")
}

const attempts = 3 // at a write whose outcome nobody tells

// untilKnown tries a write again whose outcome is unknown. Each write here is a compare-and-set, or the same
// when it happens twice; again tells it that its own first attempt may be what it meets.
func untilKnown(write func(again bool) error) error {
	err := write(false)
	for n := 1; n < attempts && sqldb.Unknown(err); n++ {
		err = write(true)
	}
	return err
}
