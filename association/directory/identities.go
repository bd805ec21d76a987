package directory

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

var _ association.Identities = (*Directory)(nil)

// Link gives a person a name, see association.Identities.
func (d *Directory) Link(
	ctx context.Context, c storage.Community, person association.GUID, id association.Identity,
) (changed bool, err error) {
	err = d.db.Do(ctx, func(ctx context.Context) error {
		n, err := d.db.Exec(ctx, `INSERT INTO identities (community, system, name, shown, guid)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, c, id.System, id.Name, id.Shown, person)
		if changed = n > 0; err != nil || changed {
			return err
		}
		var holder association.GUID
		// The update changes nothing; it waits for whoever is just taking the name away.
		err = d.db.WriteRow(ctx, `UPDATE identities SET name = name
			WHERE community = $1 AND system = $2 AND name = $3 RETURNING guid`, c, id.System, id.Name).Scan(&holder)
		if err != nil && !errors.Is(err, sqldb.ErrNoRow) || err == nil && holder == person {
			return err
		}
		return fault.New(fault.Exists, "another person has this name").About(string(id.System))
	})
	return changed, err
}

// Unlink takes a name from a person, see association.Identities.
func (d *Directory) Unlink(
	ctx context.Context, c storage.Community, person association.GUID, id association.Identity,
) (bool, error) {
	n, err := d.db.Exec(ctx, `DELETE FROM identities
		WHERE community = $1 AND system = $2 AND name = $3 AND guid = $4`, c, id.System, id.Name, person)
	return n > 0, err
}

// Holder returns the person who has a name.
func (d *Directory) Holder(
	ctx context.Context, c storage.Community, id association.Identity,
) (association.Person, error) {
	return scan(d.db.QueryRow(ctx, `SELECT `+columns+` FROM people WHERE community = $1 AND guid = (
		SELECT guid FROM identities WHERE community = $1 AND system = $2 AND name = $3)`,
		c, id.System, id.Name))
}

// Identities lists a person's names.
func (d *Directory) Identities(
	ctx context.Context, c storage.Community, person association.GUID,
) ([]association.Identity, error) {
	names, err := sqldb.All(ctx, d.db, func(row sqldb.Scanner) (i association.Identity, err error) {
		return i, row.Scan(&i.System, &i.Name, &i.Shown)
	}, `SELECT system, name, shown FROM identities WHERE community = $1 AND guid = $2`, c, person)
	// Sorted here: for ORDER BY SQLite would read the names of the whole community, which stand in order.
	slices.SortFunc(names, func(a, b association.Identity) int {
		return cmp.Or(cmp.Compare(a.System, b.System), cmp.Compare(a.Name, b.Name))
	})
	return names, err
}
