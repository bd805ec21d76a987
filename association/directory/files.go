package directory

import (
	"context"
	"errors"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// numberTries is how often a number is drawn anew because somebody else had it a moment before.
const numberTries = 10

// AddFileVersion keeps a version under the number that comes next, and returns that: 1 of an upload that is
// the file itself.
func (d *Directory) AddFileVersion(ctx context.Context, v association.FileVersion) (number int, err error) {
	before := 1 // there is a first version, whether it has a row or not
	if v.Upload == v.File {
		before = 0
	}
	for range numberTries {
		err = d.db.WriteRow(ctx, `INSERT INTO file_versions
			(community, file, number, upload, title, description, checksum)
			SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), COALESCE(MAX(number), CAST($3 AS BIGINT)) + 1,
				CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT)
			FROM file_versions WHERE community = $1 AND file = $2
			ON CONFLICT DO NOTHING RETURNING number`,
			v.Community, v.File, before, v.Upload, v.Title, v.Description, v.Checksum).Scan(&number)
		if !errors.Is(err, sqldb.ErrNoRow) {
			return number, err
		}
	}
	return 0, fault.New(fault.Conflict, "too many versions of the file come at once")
}

// FileVersions returns the versions of a file of which something is known, the latest first.
func (d *Directory) FileVersions(
	ctx context.Context, c storage.Community, file storage.Key,
) ([]association.FileVersion, error) {
	return sqldb.All(ctx, d.db, func(row sqldb.Scanner) (association.FileVersion, error) {
		v := association.FileVersion{Community: c, File: file}
		return v, row.Scan(&v.Number, &v.Upload, &v.Title, &v.Description, &v.Checksum)
	}, `SELECT number, upload, title, description, checksum FROM file_versions
		WHERE community = $1 AND file = $2 ORDER BY number DESC`, c, file)
}

// DropFileVersions forgets all versions of a file; their uploads stay.
func (d *Directory) DropFileVersions(ctx context.Context, c storage.Community, file storage.Key) error {
	_, err := d.db.Exec(ctx, `DELETE FROM file_versions WHERE community = $1 AND file = $2`, c, file)
	return err
}

// SweepFiles forgets versions whose uploads are forgotten.
func (d *Directory) SweepFiles(ctx context.Context) error {
	_, err := d.db.Exec(ctx, `DELETE FROM file_versions WHERE NOT EXISTS (
		SELECT 1 FROM uploads WHERE uploads.key = file_versions.upload)`)
	return err
}
