package sqldb

import (
	"context"
	"errors"
)

// Deployment is the id that ties this database to its blobs and keys, "" when none was set yet.
func (db *DB) Deployment(ctx context.Context) (string, error) {
	var id string
	err := db.QueryRow(ctx, `SELECT id FROM deployment WHERE one = 1`).Scan(&id)
	if errors.Is(err, ErrNoRow) {
		return "", nil
	}
	return id, err
}

// SetDeployment gives the database its id unless it has one, and returns the id that it has then: of many
// nodes that set one at once, the first one's stands.
func (db *DB) SetDeployment(ctx context.Context, id string) (string, error) {
	var stands string
	err := db.Do(ctx, func(ctx context.Context) error {
		const insert = `INSERT INTO deployment (one, id) VALUES (1, $1) ON CONFLICT DO NOTHING`
		if _, err := db.Exec(ctx, insert, id); err != nil {
			return err
		}
		var err error
		stands, err = db.Deployment(ctx)
		return err
	})
	return stands, err
}
