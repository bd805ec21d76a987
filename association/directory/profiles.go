package directory

import (
	"context"
	"errors"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// SetTemporary keeps the photo that a person has sent last.
func (d *Directory) SetTemporary(ctx context.Context, t association.Temporary) error {
	_, err := d.db.Exec(ctx, `INSERT INTO temporary_photos (community, guid, upload, holder, created)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (community, guid) DO UPDATE
		SET upload = excluded.upload, holder = excluded.holder, created = excluded.created`,
		t.Community, t.Person, t.Upload, t.Holder, t.Created)
	return err
}

// Temporary returns the photo that a person has sent and not published; NotFound.
func (d *Directory) Temporary(
	ctx context.Context, c storage.Community, person association.GUID,
) (association.Temporary, error) {
	t := association.Temporary{Community: c, Person: person}
	err := d.db.QueryRow(ctx, `SELECT upload, holder, created FROM temporary_photos
		WHERE community = $1 AND guid = $2`, c, person).Scan(&t.Upload, &t.Holder, &t.Created)
	if errors.Is(err, sqldb.ErrNoRow) {
		return association.Temporary{}, association.NoPhoto()
	}
	return t, err
}

// DropTemporary forgets a photo that was sent, unless another was sent since.
func (d *Directory) DropTemporary(ctx context.Context, t association.Temporary) error {
	_, err := d.db.Exec(ctx, `DELETE FROM temporary_photos
		WHERE community = $1 AND guid = $2 AND upload = $3`, t.Community, t.Person, t.Upload)
	return err
}

// KeepThumbnail keeps a photo's thumbnail. One that is there already stays.
func (d *Directory) KeepThumbnail(ctx context.Context, t association.Thumbnail) error {
	_, err := d.db.Exec(ctx, `INSERT INTO thumbnails (version, width, height, type, bytes)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		t.Version, t.Size.Width, t.Size.Height, t.Type, t.Bytes)
	return err
}

// Thumbnail returns a photo's thumbnail; NotFound.
func (d *Directory) Thumbnail(ctx context.Context, v association.Version) (association.Thumbnail, error) {
	t := association.Thumbnail{Version: v}
	err := d.db.QueryRow(ctx, `SELECT width, height, type, bytes FROM thumbnails WHERE version = $1`, v).
		Scan(&t.Size.Width, &t.Size.Height, &t.Type, &t.Bytes)
	if errors.Is(err, sqldb.ErrNoRow) {
		return association.Thumbnail{}, association.NoPhoto()
	}
	return t, err
}

// SetProfile keeps what was said of a person: the text of a JSON object, that change makes of the one before,
// which is "" at first. It may be called again when others change it at the same time.
func (d *Directory) SetProfile(
	ctx context.Context, c storage.Community, person association.GUID, now storage.Millis,
	change func(before string) (string, error),
) error {
	return d.db.Do(ctx, func(ctx context.Context) error {
		if _, err := d.Lock(ctx, c, person); err != nil { // changes of one person's profile take turns
			return err
		}
		before, _, err := d.Profile(ctx, c, person)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		fields, err := change(before)
		if err != nil {
			return err
		}
		_, err = d.db.Exec(ctx, `INSERT INTO profiles (community, guid, fields, updated) VALUES ($1, $2, $3, $4)
			ON CONFLICT (community, guid) DO UPDATE SET fields = excluded.fields, updated = excluded.updated`,
			c, person, fields, now)
		return err
	})
}

// Profile returns what was said of a person and when; NotFound.
func (d *Directory) Profile(
	ctx context.Context, c storage.Community, person association.GUID,
) (fields string, updated storage.Millis, err error) {
	err = d.db.QueryRow(ctx, `SELECT fields, updated FROM profiles WHERE community = $1 AND guid = $2`,
		c, person).Scan(&fields, &updated)
	if errors.Is(err, sqldb.ErrNoRow) {
		err = association.NoPerson()
	}
	return fields, updated, err
}
