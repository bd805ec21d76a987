package sqldb

import "context"

// MigrateTo brings a new database to an older schema.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	provider, done, err := db.provider()
	if err != nil {
		return err
	}
	defer done()
	_, err = provider.UpTo(ctx, version)
	return err
}

// ExplainPostgres is explainPostgres.
func ExplainPostgres(err error) error { return explainPostgres(err) }
