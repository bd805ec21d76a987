package album

import (
	"context"

	"cameo/association"
	"cameo/storage/sqldb"
)

const (
	selectRenditions = `SELECT size, recipe, blob, length, type, crc, width, height
		FROM renditions WHERE version = $1 ORDER BY size`
	insertRendition = `INSERT INTO renditions (version, size, recipe, blob, length, type, crc, width, height)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	deleteRenditions = `DELETE FROM renditions WHERE version = $1`
)

func (a *Album) renditions(ctx context.Context, v association.Version) ([]association.Rendition, error) {
	return sqldb.All(ctx, a.db, scanRendition, selectRenditions, v)
}

func scanRendition(row sqldb.Scanner) (association.Rendition, error) {
	var r association.Rendition
	var crc int64 // the same bits: SQL has no unsigned numbers
	err := row.Scan(&r.Size, &r.Recipe, &r.Blob, &r.Length, &r.Type, &crc, &r.Width, &r.Height)
	r.CRC = uint64(crc)
	return r, err
}

func (a *Album) addRendition(ctx context.Context, v association.Version, r association.Rendition) error {
	_, err := a.db.Exec(ctx, insertRendition,
		v, r.Size, r.Recipe, r.Blob, r.Length, r.Type, int64(r.CRC), r.Width, r.Height)
	return err
}
