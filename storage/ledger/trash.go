package ledger

import (
	"context"

	"cameo/storage"
	"cameo/storage/sqldb"
)

const (
	insertTrash = `INSERT INTO trash (blob, due) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	takeTrash   = `UPDATE trash SET due = $2
		WHERE blob IN (SELECT blob FROM trash WHERE due <= $1 ORDER BY due, blob LIMIT $3) AND due <= $1
		RETURNING blob`
	deleteTrash = `DELETE FROM trash WHERE blob = $1`
)

func scanName(row sqldb.Scanner) (name storage.Name, err error) {
	err = row.Scan(&name)
	return name, err
}

// Discard adds names that may be deleted from due on. A name that is there already keeps its time.
func (l *Ledger) Discard(ctx context.Context, due storage.Millis, names ...storage.Name) error {
	return l.eachName(ctx, names, func(ctx context.Context, name storage.Name) error {
		_, err := l.db.Exec(ctx, insertTrash, name, due)
		return err
	})
}

// Discarded takes up to n names whose time has come, the oldest: it is until then that time.
func (l *Ledger) Discarded(
	ctx context.Context, now, until storage.Millis, n int,
) (names []storage.Name, err error) {
	err = l.db.Do(ctx, func(ctx context.Context) error {
		names, err = sqldb.All(ctx, l.db, scanName, takeTrash, now, until, n)
		return err
	})
	return names, err
}

// Forget drops names after their blobs were deleted. What is not there is no error.
func (l *Ledger) Forget(ctx context.Context, names ...storage.Name) error {
	return l.eachName(ctx, names, func(ctx context.Context, name storage.Name) error {
		_, err := l.db.Exec(ctx, deleteTrash, name)
		return err
	})
}

// eachName changes all names in one transaction.
func (l *Ledger) eachName(
	ctx context.Context, names []storage.Name, change func(context.Context, storage.Name) error,
) error {
	return untilKnown(func(bool) error {
		return l.db.Do(ctx, func(ctx context.Context) error {
			for _, name := range names {
				if err := change(ctx, name); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
