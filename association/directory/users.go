package directory

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// User is a person who signs in with a password that is kept here.
type User struct {
	Community storage.Community
	GUID      association.GUID
	Name      string // the login, unique in the community in any case
	Password  string // given to AddUser, never returned
	Admin     bool
}

// AddUser adds a local user, and the person if need be. For a person who is one already it changes name,
// password and role. A name that another person has is Exists.
func (d *Directory) AddUser(ctx context.Context, u User) error {
	if err := readable(u.Name); err != nil {
		return err.About("name")
	}
	if utf8.RuneCountInString(u.Password) < minPassword || len(u.Password) > maxPassword {
		return fault.New(fault.Invalid, "a password has %d characters at least, and %d bytes at most",
			minPassword, maxPassword).About("password")
	}
	password, err := hash(d.random, u.Password)
	if err != nil {
		return err
	}
	return d.db.Do(ctx, func(ctx context.Context) error {
		// Additions to one community take turns at its row, so that a name that was free still is at the insert.
		n, err := d.db.Exec(ctx, `UPDATE communities SET key = key WHERE key = $1`, u.Community)
		if err != nil {
			return err
		}
		if n == 0 {
			return noCommunity()
		}
		if err := d.Ensure(ctx, u.Community, u.GUID); err != nil {
			return err
		}
		if err := d.rename(ctx, u); err != nil {
			return err
		}
		return d.put(ctx, u, password)
	})
}

// rename gives the person the name, unless another has it, instead of the one that they had.
func (d *Directory) rename(ctx context.Context, u User) error {
	_, err := d.db.Exec(ctx, `DELETE FROM identities WHERE community = $1 AND guid = $2 AND system = 'login'`,
		u.Community, u.GUID)
	if err != nil {
		return err
	}
	n, err := d.db.Exec(ctx, `INSERT INTO identities (community, system, name, shown, guid)
		VALUES ($1, 'login', $2, $3, $4) ON CONFLICT DO NOTHING`, u.Community, fold(u.Name), u.Name, u.GUID)
	if err == nil && n == 0 {
		return fault.New(fault.Exists, "another person has this name").About("name")
	}
	return err
}

func (d *Directory) put(ctx context.Context, u User, password string) error {
	_, err := d.db.Exec(ctx, `INSERT INTO passwords (community, guid, password) VALUES ($1, $2, $3)
		ON CONFLICT (community, guid) DO UPDATE SET password = excluded.password`,
		u.Community, u.GUID, password)
	if err != nil {
		return err
	}
	_, err = d.db.Exec(ctx, `UPDATE people SET name = $1, folded = $2, admin = $3
		WHERE community = $4 AND guid = $5`, u.Name, fold(u.Name), flag(u.Admin), u.Community, u.GUID)
	return err
}

// flag is a truth as the tables keep it.
func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// CheckPassword returns whose name and password these are. What is no text in the database is no name.
func (d *Directory) CheckPassword(
	ctx context.Context, c storage.Community, name, password string,
) (association.GUID, error) {
	person, kept := association.GUID(""), ""
	if readable(name) != nil {
		name = ""
	}
	err := d.db.QueryRow(ctx, `SELECT i.guid, w.password FROM identities i
		JOIN passwords w ON w.community = i.community AND w.guid = i.guid
		WHERE i.community = $1 AND i.system = 'login' AND i.name = $2`,
		c, fold(name)).Scan(&person, &kept)
	if err != nil && !errors.Is(err, sqldb.ErrNoRow) {
		return "", err
	}
	if !matches(kept, password) {
		return "", fault.New(fault.Unauthenticated, "the name or the password is wrong")
	}
	return person, nil
}

func fold(name string) string { return strings.ToLower(name) }
