package album

import (
	"context"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/sqldb"
)

const (
	notCurrent = ` AND state = 2 AND version NOT IN (SELECT current FROM people
			WHERE people.community = photos.community AND people.guid = photos.person) RETURNING ` + columns
	removePerson = `UPDATE photos SET state = 5, due = $3 WHERE community = $1 AND person = $2` + notCurrent
	removeUpload = `UPDATE photos SET state = 5, due = $3 WHERE community = $1 AND upload = $2` + notCurrent
	replace      = `UPDATE photos SET due = $1 WHERE version = $2 AND community = $3 AND state = 2`

	over = `SELECT version FROM photos WHERE state > 1 AND due > 0 AND due <= $1
		AND NOT EXISTS (SELECT 1 FROM people WHERE people.community = photos.community
			AND people.guid = photos.person AND (current = version OR newest = version))
		ORDER BY due LIMIT $2`
	deletePhoto = `DELETE FROM photos WHERE version = $1`
)

// Remove ends Ready photos and drops their renditions.
func (a *Album) Remove(ctx context.Context, r association.Removal) (removed []association.Photo, err error) {
	statement, key := removePerson, string(r.Person)
	if r.Person == "" {
		statement, key = removeUpload, string(r.Upload)
	}
	err = a.db.Do(ctx, func(ctx context.Context) error {
		if removed, err = sqldb.All(ctx, a.db, scan, statement, r.Community, key, r.Until); err != nil {
			return err
		}
		for i, p := range removed {
			if removed[i].Renditions, err = a.renditions(ctx, p.Version); err != nil {
				return err
			}
			if _, err = a.db.Exec(ctx, deleteRenditions, p.Version); err != nil {
				return err
			}
		}
		return nil
	})
	return removed, err
}

// Replace sets until when a Ready photo is served.
func (a *Album) Replace(ctx context.Context, p association.Photo, until storage.Millis) error {
	return a.db.Do(ctx, func(ctx context.Context) error {
		_, err := a.db.Exec(ctx, replace, until, p.Version, p.Community)
		return err
	})
}

// Forget drops photos that are over.
func (a *Album) Forget(ctx context.Context, now storage.Millis, n int) (forgotten int, err error) {
	scan := func(row sqldb.Scanner) (v association.Version, err error) { return v, row.Scan(&v) }
	err = a.db.Do(ctx, func(ctx context.Context) error {
		versions, err := sqldb.All(ctx, a.db, scan, over, now, n)
		if err != nil {
			return err
		}
		for _, v := range versions {
			for _, statement := range []string{deleteRenditions, deletePhoto} {
				if _, err := a.db.Exec(ctx, statement, v); err != nil {
					return err
				}
			}
		}
		forgotten = len(versions)
		return nil
	})
	return forgotten, err
}
