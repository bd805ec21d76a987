package ledger

import (
	"context"
	"errors"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

const (
	// The part's row first: it can neither end nor be purged before its extents are mentioned a second time.
	queueForPart = `UPDATE uploads SET due = due
		WHERE key = $1 AND community = $2 AND state = 2 AND partial = 1 RETURNING length`

	copyExtents = `INSERT INTO extents (key, off, len, crc, blob, blob_off, inline)
		SELECT CAST($1 AS TEXT), off + CAST($3 AS BIGINT), len, crc, blob, blob_off, inline
		FROM extents WHERE key = $2`
)

// join gives u the extents of its parts, end to end. Their bytes stay where they are.
func (l *Ledger) join(ctx context.Context, u storage.Upload, parts []storage.ID) error {
	if len(parts) == 0 {
		return nil
	}
	var off int64
	for _, p := range parts {
		var length int64
		err := l.db.WriteRow(ctx, queueForPart, p.Key, p.Community).Scan(&length)
		if errors.Is(err, sqldb.ErrNoRow) {
			return fault.New(fault.Conflict, "a part of the upload is not complete")
		}
		if err != nil {
			return err
		}
		if _, err := l.db.Exec(ctx, copyExtents, u.Key, p.Key, off); err != nil {
			return err
		}
		off += length
	}
	if off != u.Length {
		return fault.New(fault.Conflict, "the parts of the upload are not as long as it is")
	}
	return nil
}
