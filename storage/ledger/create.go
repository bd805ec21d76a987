package ledger

import (
	"context"
	"errors"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

const (
	selectRequest = `SELECT ` + uploadColumns + ` FROM uploads
		WHERE community = $1 AND owner = $2 AND request = $3 AND request <> ''`

	insertUpload = `INSERT INTO uploads (` + uploadColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
		$21, $22, $23, $24, $25, $26, $27, $28) ON CONFLICT DO NOTHING`
)

// Create adds an upload within its owner's Quota, see storage.Ledger. An earlier upload with the same Request
// but another length, type or name is a Conflict.
//
// Order: queue for the owner, look for the Request, look at the quota, insert, join the parts.
func (l *Ledger) Create(
	ctx context.Context, u storage.Upload, q storage.Quota, parts ...storage.ID,
) (made storage.Upload, err error) {
	err = untilKnown(func(again bool) error {
		return l.db.Do(ctx, func(ctx context.Context) error {
			made, err = l.create(ctx, u, q, parts)
			if again && fault.Is(err, fault.Exists) { // the key was drawn for u alone: it was made a moment ago
				made, err = l.Find(ctx, u.ID)
			}
			return err
		})
	})
	return made, err
}

func (l *Ledger) create(
	ctx context.Context, u storage.Upload, q storage.Quota, parts []storage.ID,
) (storage.Upload, error) {
	n := counted(u.Length, q)
	if len(parts) > 0 { // they were counted, and no byte is new
		n = 0
	}
	today, err := l.queue(ctx, u, n)
	if err != nil {
		return storage.Upload{}, err
	}
	if u.Request != "" {
		earlier, err := scanUpload(l.db.QueryRow(ctx, selectRequest, u.Community, u.Owner, u.Request))
		switch {
		case err == nil && (earlier.Length != u.Length || earlier.Type != u.Type || earlier.Name != u.Name):
			return storage.Upload{}, fault.New(fault.Conflict, "the Idempotency-Key was used for another upload")
		case err == nil:
			_, err = l.db.Exec(ctx, giveBack, u.Community, u.Owner, n)
			return earlier, err
		case !errors.Is(err, sqldb.ErrNoRow):
			return storage.Upload{}, err
		}
	}
	if err := l.checkQuota(ctx, u, q, today); err != nil {
		return storage.Upload{}, err
	}
	inserted, err := l.db.Exec(ctx, insertUpload,
		u.Key, u.Community, u.Owner, u.State, u.Length, u.Offset, u.Inline, u.Epoch, u.Writer, u.Type, u.Name,
		u.Head, int64(u.CRC), u.Last.From, u.Last.To, int64(u.Last.CRC), u.Reason, u.Request, u.Created, u.Expires,
		u.Due, u.Dirty, u.Looked, number(u.Partial), u.Note, u.Wish,
		given(u.SHA256, u.SHA256 != nil), given(u.Hashed, u.Hashed != nil),
	)
	if err == nil && inserted == 0 {
		err = fault.New(fault.Exists, "an upload with that key exists")
	}
	if err == nil {
		err = l.join(ctx, u, parts)
	}
	if err != nil {
		return storage.Upload{}, err
	}
	return u, nil
}

// number is how a truth stands in a column: the engines do not agree on a type for it.
func number(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
