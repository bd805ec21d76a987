package album

import (
	"context"

	"cameo/association"
	"cameo/storage/sqldb"
)

const (
	renditionColumns = `shape, pixels, type, recipe, blob, blob_off, length, crc, width, height`
	selectRenditions = `SELECT ` + renditionColumns + `
		FROM renditions WHERE version = $1 ORDER BY shape, pixels, type`
	insertRendition = `INSERT INTO renditions (` + renditionColumns + `, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
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

func (a *Album) addRendition(ctx context.Context, v association.Version, r association.Rendition) error {
	_, err := a.db.Exec(ctx, insertRendition,
		r.Shape, r.Pixels, r.Type, r.Recipe, r.Blob, r.At, r.Length, int64(r.CRC), r.Width, r.Height, v)
	return err
}
