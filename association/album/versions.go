package album

import (
	"context"
	"errors"
	"math"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/sqldb"
)

var _ association.Versions = (*Album)(nil)

const (
	versions = `SELECT ` + columns + ` FROM photos WHERE community = $1 AND person = $2
		AND (created < $3 OR created = $3 AND version < $4)
		ORDER BY created DESC, version DESC LIMIT $5`
	where = `SELECT community FROM photos WHERE version = $1`
	move  = `UPDATE photos SET person = $3 WHERE community = $1 AND person = $2`
)

// Versions returns a person's photos, the latest first, without renditions.
func (a *Album) Versions(
	ctx context.Context, c storage.Community, person association.GUID, after association.After, n int,
) ([]association.Photo, error) {
	if after.Created == 0 {
		after.Created = math.MaxInt64
	}
	return sqldb.All(ctx, a.db, scan, versions, c, person, after.Created, after.Name, n)
}

// Where returns the community of a version.
func (a *Album) Where(ctx context.Context, v association.Version) (storage.Community, error) {
	var c storage.Community
	err := a.db.QueryRow(ctx, where, v).Scan(&c)
	if errors.Is(err, sqldb.ErrNoRow) {
		return 0, association.NoPhoto()
	}
	return c, err
}

// Move makes all photos of a person another's.
func (a *Album) Move(ctx context.Context, c storage.Community, from, to association.GUID) error {
	_, err := a.db.Exec(ctx, move, c, from, to)
	return err
}
