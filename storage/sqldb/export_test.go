package sqldb

import "context"

// MigrateTo brings a new database to an older schema.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	pool := db.writer
	if db.migrator != nil {
		var err error
		if pool, err = db.migrator(); err != nil {
			return err
		}
		defer pool.Close()
	}
	provider, err := db.provider(pool)
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}
