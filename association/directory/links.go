package directory

import (
	"context"
	"errors"
	"strings"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// FindCommunity returns the community that is called name, in any case, and the only one by "".
func (d *Directory) FindCommunity(ctx context.Context, name string) (storage.Community, error) {
	all, err := d.Communities(ctx)
	if err != nil {
		return 0, err
	}
	if name == "" && len(all) == 1 {
		return all[0].Key, nil
	}
	for _, c := range all {
		if name != "" && strings.EqualFold(c.Name, name) {
			return c.Key, nil
		}
	}
	return 0, noCommunity()
}

// AddLink keeps a link under its secret.
func (d *Directory) AddLink(ctx context.Context, secret string, l association.Link) error {
	_, err := d.db.Exec(ctx, `INSERT INTO links (hash, community, guid, expires) VALUES ($1, $2, $3, $4)`,
		hashed(secret), l.Community, l.GUID, l.Expires)
	return err
}

// TakeLink returns the link that is good at now, and forgets it.
func (d *Directory) TakeLink(
	ctx context.Context, secret string, now storage.Millis,
) (l association.Link, err error) {
	err = d.db.WriteRow(ctx, `DELETE FROM links WHERE hash = $1 AND expires > $2
		RETURNING community, guid, expires`, hashed(secret), now).Scan(&l.Community, &l.GUID, &l.Expires)
	if errors.Is(err, sqldb.ErrNoRow) {
		return l, fault.New(fault.NotFound, "there is no such link")
	}
	return l, err
}

// FirstAdministrator returns who has been in the community for longest of those who administer it.
func (d *Directory) FirstAdministrator(
	ctx context.Context, c storage.Community,
) (person association.GUID, err error) {
	err = d.db.QueryRow(ctx, `SELECT guid FROM people
		WHERE community = $1 AND admin = 1 AND disabled = 0 AND merged = ''
		ORDER BY created, guid LIMIT 1`, c).Scan(&person)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", association.NoPerson()
	}
	return person, err
}

// Appoint makes a person an administrator of the community, and adds them by that name if need be.
func (d *Directory) Appoint(
	ctx context.Context, c storage.Community, person association.GUID, name string,
) error {
	return d.db.Do(ctx, func(ctx context.Context) error {
		if err := d.Ensure(ctx, c, person); err != nil {
			return err
		}
		_, err := d.db.Exec(ctx, `UPDATE people SET admin = 1, name = CASE name WHEN '' THEN $1 ELSE name END,
				folded = CASE name WHEN '' THEN $2 ELSE folded END
			WHERE community = $3 AND guid = $4`, name, fold(name), c, person)
		return err
	})
}

// Forget drops links and sessions that are over at now, and sessions that were used last before idle.
func (d *Directory) Forget(ctx context.Context, now, idle storage.Millis) error {
	_, links := d.db.Exec(ctx, `DELETE FROM links WHERE expires <= $1`, now)
	_, sessions := d.db.Exec(ctx, `DELETE FROM sessions WHERE expires <= $1 OR used <= $2`, now, idle)
	return errors.Join(links, sessions)
}
