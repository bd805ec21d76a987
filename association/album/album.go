// Package album keeps photos and their renditions in SQL. The pending ones are the Worker's queue.
package album

import (
	"context"
	"errors"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// Album is an association.Album and an association.Queue over a database.
type Album struct{ db *sqldb.DB }

var (
	_ association.Album = (*Album)(nil)
	_ association.Queue = (*Album)(nil)
)

// New returns the album of a migrated database.
func New(db *sqldb.DB) *Album { return &Album{db} }

// columns are all of a photo, in the order of scan.
const columns = `version, community, person, upload, state, reason, type, width, height,
	created, due, epoch, tries, crop_x, crop_y, crop_size, thumbhash, colour`

const (
	insert = `INSERT INTO photos (` + columns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
			$14, $15, $16, $17, $18) ON CONFLICT DO NOTHING`
	find = `SELECT ` + columns + ` FROM photos WHERE version = $1 AND community = $2`
	made = `SELECT ` + columns + ` FROM photos
		WHERE upload = $1 AND community = $2 AND state = 2
		ORDER BY due = 0 DESC, created DESC, version DESC LIMIT 1`
	shown = `SELECT DISTINCT person FROM photos
		WHERE upload = $1 AND community = $2 AND (state = 1 OR state = 2 AND version = (SELECT current FROM people
			WHERE people.community = photos.community AND people.guid = photos.person))`
	supersede = `UPDATE photos SET state = 4, due = $3
		WHERE community = $1 AND person = $2 AND state = 1 RETURNING ` + columns
)

func scan(row sqldb.Scanner) (association.Photo, error) {
	var p association.Photo
	var colour uint32
	err := row.Scan(&p.Version, &p.Community, &p.Person, &p.Upload, &p.State, &p.Reason,
		&p.Type, &p.Width, &p.Height, &p.Created, &p.Due, &p.Epoch, &p.Tries,
		&p.Crop.X, &p.Crop.Y, &p.Crop.Size, &p.Thumbhash, &colour)
	p.Colour = imaging.Colour{R: uint8(colour >> 16), G: uint8(colour >> 8), B: uint8(colour)}
	return p, err
}

// packed is a colour as a number: red, green and blue, eight bits each.
func packed(c imaging.Colour) int64 { return int64(c.R)<<16 | int64(c.G)<<8 | int64(c.B) }

// Add keeps a new photo.
func (a *Album) Add(ctx context.Context, p association.Photo) error {
	n, err := a.db.Exec(ctx, insert, p.Version, p.Community, p.Person, p.Upload, p.State, p.Reason,
		p.Type, p.Width, p.Height, p.Created, p.Due, p.Epoch, p.Tries,
		p.Crop.X, p.Crop.Y, p.Crop.Size, p.Thumbhash, packed(p.Colour))
	if err == nil && n == 0 {
		return fault.New(fault.Exists, "the photo's version is taken")
	}
	return err
}

// Find returns the photo with its renditions.
func (a *Album) Find(
	ctx context.Context, c storage.Community, v association.Version,
) (association.Photo, error) {
	return a.whole(ctx, a.db.QueryRow(ctx, find, v, c))
}

// Made returns the latest Ready photo that was made of the upload.
func (a *Album) Made(ctx context.Context, id storage.ID) (association.Photo, error) {
	return a.whole(ctx, a.db.QueryRow(ctx, made, id.Key, id.Community))
}

// Shown returns the people of whom a photo made of the upload is pending or current.
func (a *Album) Shown(ctx context.Context, id storage.ID) ([]association.GUID, error) {
	return sqldb.All(ctx, a.db, func(row sqldb.Scanner) (person association.GUID, err error) {
		return person, row.Scan(&person)
	}, shown, id.Key, id.Community)
}

// Supersede ends the person's pending photos and returns them.
func (a *Album) Supersede(
	ctx context.Context, c storage.Community, person association.GUID, until storage.Millis,
) (old []association.Photo, err error) {
	err = a.db.Do(ctx, func(ctx context.Context) error {
		old, err = sqldb.All(ctx, a.db, scan, supersede, c, person, until)
		return err
	})
	return old, err
}

// whole reads a photo and then its renditions.
func (a *Album) whole(ctx context.Context, row sqldb.Scanner) (association.Photo, error) {
	p, err := scan(row)
	if errors.Is(err, sqldb.ErrNoRow) {
		return association.Photo{}, association.NoPhoto()
	}
	if err == nil && p.State == association.Ready {
		p.Renditions, err = a.renditions(ctx, p.Version)
	}
	if err != nil {
		return association.Photo{}, err
	}
	return p, nil
}
