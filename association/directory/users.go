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
	if u.Password == "" || len(u.Password) > maxPassword {
		return fault.New(fault.Invalid, "a password has 1 to %d bytes", maxPassword).About("password")
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
		if err := d.free(ctx, u); err != nil {
			return err
		}
		if err := d.Ensure(ctx, u.Community, u.GUID); err != nil {
			return err
		}
		return d.put(ctx, u, password)
	})
}

// free is nil if nobody else has the name.
func (d *Directory) free(ctx context.Context, u User) error {
	var has association.GUID
	err := d.db.QueryRow(ctx, `SELECT guid FROM local_users WHERE community = $1 AND folded = $2`,
		u.Community, fold(u.Name)).Scan(&has)
	if errors.Is(err, sqldb.ErrNoRow) || err == nil && has == u.GUID {
		return nil
	}
	if err == nil {
		return fault.New(fault.Exists, "another person has this name").About("name")
	}
	return err
}

func (d *Directory) put(ctx context.Context, u User, password string) error {
	admin := 0
	if u.Admin {
		admin = 1
	}
	_, err := d.db.Exec(ctx, `INSERT INTO local_users (community, guid, login, folded, password, admin)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (community, guid) DO UPDATE SET login = excluded.login,
		folded = excluded.folded, password = excluded.password, admin = excluded.admin`,
		u.Community, u.GUID, u.Name, fold(u.Name), password, admin)
	if err != nil {
		return err
	}
	_, err = d.db.Exec(ctx, `UPDATE people SET name = $1 WHERE community = $2 AND guid = $3`,
		u.Name, u.Community, u.GUID)
	return err
}

// CheckPassword returns the user who signs in. An unknown name and a wrong password are the same
// Unauthenticated, and take the same time.
func (d *Directory) CheckPassword(
	ctx context.Context, c storage.Community, name, password string,
) (User, error) {
	u, kept, admin := User{Community: c}, "", 0
	err := d.db.QueryRow(ctx, `SELECT guid, login, password, admin FROM local_users
		WHERE community = $1 AND folded = $2`, c, fold(name)).Scan(&u.GUID, &u.Name, &kept, &admin)
	if err != nil && !errors.Is(err, sqldb.ErrNoRow) {
		return User{}, err
	}
	if !matches(kept, password) {
		return User{}, fault.New(fault.Unauthenticated, "the name or the password is wrong")
	}
	u.Admin = admin == 1
	return u, nil
}

func fold(name string) string { return strings.ToLower(name) }
