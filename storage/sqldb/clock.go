package sqldb

import (
	"context"
	"time"
)

// Skew says by how much the database's clock is ahead of the one that now tells, give or take half of what
// the question took. On SQLite that is the machine's own.
func (db *DB) Skew(ctx context.Context, now func() time.Time) (time.Duration, error) {
	var micros int64
	before := now()
	if err := db.QueryRow(ctx, db.clock).Scan(&micros); err != nil {
		return 0, err
	}
	took := now().Sub(before)
	return time.UnixMicro(micros).Sub(before.Add(took / 2)), nil
}
