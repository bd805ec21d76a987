package ledger

import (
	"context"
	"math"

	"cameo/storage"
	"cameo/storage/sqldb"
)

const (
	listUploads = `SELECT ` + uploadColumns + ` FROM uploads
		WHERE community = $1 AND owner = $2 AND ($3 = 0 OR state = $3)
		AND (created < $4 OR created = $4 AND key < $5)
		ORDER BY created DESC, key DESC LIMIT $6`

	// It changes nothing. Who has created nothing yet has no row, and nothing to hand over.
	queueBehindCreations = `UPDATE owners SET creations = creations WHERE community = $1 AND owner = $2`

	// A request's name is its owner's alone: one that both used is forgotten.
	forgetRequests = `UPDATE uploads SET request = '' WHERE community = $1 AND owner = $2 AND request IN
		(SELECT request FROM uploads WHERE community = $1 AND owner = $3 AND request <> '')`
	handOver = `UPDATE uploads SET owner = $3 WHERE community = $1 AND owner = $2`
)

// List returns uploads of an owner, the latest first.
func (l *Ledger) List(ctx context.Context, of storage.Listing) ([]storage.Upload, error) {
	return sqldb.All(ctx, l.db, scanUpload, listUploads,
		of.Community, of.Owner, of.State, before(of.Created), of.Key, of.N)
}

// before is where a list begins that goes back in time.
func before(at storage.Millis) storage.Millis {
	if at == 0 {
		return math.MaxInt64
	}
	return at
}

// HandOver makes all uploads of one owner another's. It waits for creations that have begun, and they for it.
func (l *Ledger) HandOver(ctx context.Context, c storage.Community, from, to storage.Subject) error {
	return untilKnown(func(bool) error {
		return l.db.Do(ctx, func(ctx context.Context) error {
			for _, owner := range [...]storage.Subject{min(from, to), max(from, to)} {
				if _, err := l.db.Exec(ctx, queueBehindCreations, c, owner); err != nil {
					return err
				}
			}
			if _, err := l.db.Exec(ctx, forgetRequests, c, from, to); err != nil {
				return err
			}
			_, err := l.db.Exec(ctx, handOver, c, from, to)
			return err
		})
	})
}
