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
		$21, $22, $23) ON CONFLICT DO NOTHING`
)

// Create adds an upload within its owner's Quota, see storage.Ledger. An earlier upload with the same Request
// but another length, type or name is a Conflict.
//
// Order: queue for the owner, look for the Request, look at the quota, insert.
func (l *Ledger) Create(
	ctx context.Context, u storage.Upload, q storage.Quota,
) (made storage.Upload, err error) {
	err = untilKnown(func(again bool) error {
		return l.db.Do(ctx, func(ctx context.Context) error {
			made, err = l.create(ctx, u, q)
			if again && fault.Is(err, fault.Exists) { // the key was drawn for u alone: it was made a moment ago
				made, err = l.Find(ctx, u.ID)
			}
			return err
		})
	})
	return made, err
}

func (l *Ledger) create(ctx context.Context, u storage.Upload, q storage.Quota) (storage.Upload, error) {
	today, err := l.queue(ctx, u, q)
	if err != nil {
		return storage.Upload{}, err
	}
	if u.Request != "" {
		earlier, err := scanUpload(l.db.QueryRow(ctx, selectRequest, u.Community, u.Owner, u.Request))
		switch {
		case err == nil && (earlier.Length != u.Length || earlier.Type != u.Type || earlier.Name != u.Name):
			return storage.Upload{}, fault.New(fault.Conflict, "the Idempotency-Key was used for another upload")
		case err == nil:
			_, err = l.db.Exec(ctx, giveBack, u.Community, u.Owner, counted(u.Length, q))
			return earlier, err
		case !errors.Is(err, sqldb.ErrNoRow):
			return storage.Upload{}, err
		}
	}
	if err := l.checkQuota(ctx, u, q, today); err != nil {
		return storage.Upload{}, err
	}
	n, err := l.db.Exec(ctx, insertUpload,
		u.Key, u.Community, u.Owner, u.State, u.Length, u.Offset, u.Inline, u.Epoch, u.Writer, u.Type, u.Name,
		u.Head, int64(u.CRC), u.Last.From, u.Last.To, int64(u.Last.CRC), u.Reason, u.Request, u.Created, u.Expires,
		u.Due, u.Dirty, u.Looked,
	)
	if err == nil && n == 0 {
		err = fault.New(fault.Exists, "an upload with that key exists")
	}
	if err != nil {
		return storage.Upload{}, err
	}
	return u, nil
}
