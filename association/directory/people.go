package directory

import (
	"context"
	"errors"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/sqldb"
)

const columns = `community, guid, name, current, newest, created, admin, disabled`

// survivor is the GUID of a row: the one that is asked for or, if that person was merged, the survivor's.
// Merges keep the chain at one link.
const survivor = `COALESCE((SELECT merged FROM people
	WHERE community = $1 AND guid = $2 AND merged <> ''), CAST($2 AS TEXT))`

func scan(row sqldb.Scanner, more ...any) (association.Person, error) {
	var p association.Person
	var admin int
	err := row.Scan(append([]any{
		&p.Community, &p.GUID, &p.Name, &p.Current, &p.Newest, &p.Created, &admin, &p.Disabled,
	}, more...)...)
	if errors.Is(err, sqldb.ErrNoRow) {
		return association.Person{}, association.NoPerson()
	}
	p.Admin = admin == 1
	return p, err
}

// Person returns the row.
func (d *Directory) Person(
	ctx context.Context, c storage.Community, person association.GUID,
) (association.Person, error) {
	return scan(d.db.QueryRow(ctx,
		`SELECT `+columns+` FROM people WHERE community = $1 AND guid = `+survivor, c, person))
}

// Ensure adds the person if the community does not know them yet.
func (d *Directory) Ensure(ctx context.Context, c storage.Community, person association.GUID) error {
	n, err := d.db.Exec(ctx, `INSERT INTO people (community, guid, name, current, newest, created)
		SELECT key, CAST($2 AS TEXT), '', '', '', CAST($3 AS BIGINT) FROM communities WHERE key = $1
		ON CONFLICT DO NOTHING`, c, person, d.clock())
	if err == nil && n == 0 { // known already, unless there is no such community
		_, err = d.Community(ctx, c)
	}
	return err
}

// Lock returns the row and keeps others from locking it. The update changes nothing; it makes the row this
// transaction's. Who was merged while this waited is followed.
func (d *Directory) Lock(
	ctx context.Context, c storage.Community, person association.GUID,
) (p association.Person, err error) {
	merged := string(person)
	for merged != "" && err == nil {
		p, err = scan(d.db.WriteRow(ctx, `UPDATE people SET guid = guid
			WHERE community = $1 AND guid = `+survivor+` RETURNING `+columns+`, merged`, c, merged), &merged)
	}
	return p, err
}

// Point writes Current and Newest.
func (d *Directory) Point(ctx context.Context, p association.Person) error {
	n, err := d.db.Exec(ctx, `UPDATE people SET current = $1, newest = $2 WHERE community = $3 AND guid = $4`,
		p.Current, p.Newest, p.Community, p.GUID)
	if err == nil && n == 0 {
		return association.NoPerson()
	}
	return err
}
