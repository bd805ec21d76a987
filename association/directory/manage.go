package directory

import (
	"context"
	"strings"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

var _ association.People = (*Directory)(nil)

// Search finds people, see association.People. It looks at each person of the community.
func (d *Directory) Search(
	ctx context.Context, c storage.Community, text string, after association.GUID, n int,
) ([]association.Person, error) {
	held := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(fold(text))
	return sqldb.All(ctx, d.db, func(row sqldb.Scanner) (association.Person, error) {
		return scan(row)
	}, `SELECT `+columns+` FROM people p
		WHERE community = $1 AND guid > $2 AND merged = ''
		AND ($3 = '%%' OR folded LIKE $3 ESCAPE '\' OR guid LIKE $4 ESCAPE '\' OR EXISTS (SELECT 1 FROM identities i
			WHERE i.community = p.community AND i.guid = p.guid AND LOWER(i.name) LIKE $3 ESCAPE '\'))
		ORDER BY guid LIMIT $5`, c, after, "%"+held+"%", held+"%", n)
}

// Rename changes the name that is displayed.
func (d *Directory) Rename(
	ctx context.Context, c storage.Community, person association.GUID, name string,
) error {
	n, err := d.db.Exec(ctx, `UPDATE people SET name = $1, folded = $2 WHERE community = $3 AND guid = $4`,
		name, fold(name), c, person)
	return someone(n, err)
}

// Disable sets since when a person is shut out, see association.People.
func (d *Directory) Disable(
	ctx context.Context, c storage.Community, person association.GUID, since storage.Millis,
) error {
	n, err := d.db.Exec(ctx, `UPDATE people SET disabled = $1
		WHERE community = $2 AND (guid = $3 OR merged = $3)`, since, c, person)
	return someone(n, err)
}

func someone(n int64, err error) error {
	if err == nil && n == 0 {
		return association.NoPerson()
	}
	return err
}

// GUIDs lists all GUIDs of a person.
func (d *Directory) GUIDs(
	ctx context.Context, c storage.Community, person association.GUID,
) ([]association.GUID, error) {
	return sqldb.All(ctx, d.db, func(row sqldb.Scanner) (g association.GUID, err error) {
		return g, row.Scan(&g)
	}, `SELECT guid FROM people WHERE community = $1 AND guid = $2 UNION ALL
		SELECT guid FROM people WHERE community = $1 AND merged = $2 AND merged <> '' ORDER BY guid`, c, person)
}

// LockBoth locks two rows in the order of their GUIDs: two merges of the same people do not wait for each
// other.
func (d *Directory) LockBoth(
	ctx context.Context, c storage.Community, a, b association.GUID,
) (association.Person, association.Person, error) {
	var locked [2]association.Person
	for i, guid := range [...]association.GUID{min(a, b), max(a, b)} {
		merged := ""
		p, err := scan(d.db.WriteRow(ctx, `UPDATE people SET guid = guid
			WHERE community = $1 AND guid = $2 RETURNING `+columns+`, merged`, c, guid), &merged)
		if err != nil {
			return p, p, err
		}
		if merged != "" {
			return p, p, fault.New(fault.Conflict, "the person was merged into another one")
		}
		locked[i] = p
	}
	if a < b {
		return locked[0], locked[1], nil
	}
	return locked[1], locked[0], nil
}
