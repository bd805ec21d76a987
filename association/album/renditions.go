package album

import (
	"context"

	"cameo/association"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

const (
	renditionColumns = `shape, pixels, type, recipe, blob, blob_off, length, crc, width, height`
	selectRenditions = `SELECT ` + renditionColumns + `
		FROM renditions WHERE version = $1 ORDER BY shape, pixels, type`
	insertRendition = `INSERT INTO renditions (` + renditionColumns + `, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`
	attach = `UPDATE photos SET due = due
		WHERE version = $1 AND community = $2 AND state = 2 AND due = 0`
	deleteRenditions = `DELETE FROM renditions WHERE version = $1`
)

func (a *Album) renditions(ctx context.Context, v association.Version) ([]association.Rendition, error) {
	return sqldb.All(ctx, a.db, scanRendition, selectRenditions, v)
}

func scanRendition(row sqldb.Scanner) (association.Rendition, error) {
	var r association.Rendition
	var crc int64 // the same bits: SQL has no unsigned numbers
	err := row.Scan(
		&r.Shape, &r.Pixels, &r.Type, &r.Recipe, &r.Blob, &r.At, &r.Length, &crc, &r.Width, &r.Height)
	r.CRC = uint64(crc)
	return r, err
}

// Attach adds renditions to a Ready photo. The update changes nothing; it makes the row this transaction's.
func (a *Album) Attach(ctx context.Context, p association.Photo, more []association.Rendition) error {
	return a.db.Do(ctx, func(ctx context.Context) error {
		n, err := a.db.Exec(ctx, attach, p.Version, p.Community)
		if err != nil {
			return err
		}
		if n == 0 {
			return association.NoPhoto()
		}
		for _, r := range more {
			if err := a.addRendition(ctx, p.Version, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *Album) addRendition(ctx context.Context, v association.Version, r association.Rendition) error {
	n, err := a.db.Exec(ctx, insertRendition,
		r.Shape, r.Pixels, r.Type, r.Recipe, r.Blob, r.At, r.Length, int64(r.CRC), r.Width, r.Height, v)
	if err == nil && n == 0 {
		return fault.New(fault.Exists, "there is such a rendition")
	}
	return err
}
