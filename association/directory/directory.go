// Package directory keeps communities, their people and the people's local passwords in SQL.
package directory

import (
	"context"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// Directory is an association.Directory over a database.
type Directory struct {
	db     *sqldb.DB
	clock  storage.Clock
	random io.Reader
}

var (
	_ association.Directory = (*Directory)(nil)
	_ association.Secrets   = (*Directory)(nil)
)

// New returns the directory of a migrated database. Random salts passwords; it is crypto/rand's Reader
// outside of tests.
func New(db *sqldb.DB, clock storage.Clock, random io.Reader) *Directory {
	return &Directory{db, clock, random}
}

// Community is a digital workplace.
type Community struct {
	Key     storage.Community
	Name    string
	Created storage.Millis
}

// noCommunity has the very words with which a community that is not one's own is denied.
func noCommunity() error { return fault.New(fault.NotFound, "there is no such community") }

// AddCommunity adds a community, or renames the one that has the key. A key below 1 or an odd name is
// Invalid.
func (d *Directory) AddCommunity(ctx context.Context, key storage.Community, name string) error {
	if key < 1 {
		return fault.New(fault.Invalid, "a community's key is a number from 1 on").About("key")
	}
	if err := readable(name); err != nil {
		return err.About("name")
	}
	_, err := d.db.Exec(ctx, `INSERT INTO communities (key, name, created) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET name = excluded.name`, key, name, d.clock())
	return err
}

// Communities lists all, by key.
func (d *Directory) Communities(ctx context.Context) ([]Community, error) {
	return sqldb.All(ctx, d.db, func(row sqldb.Scanner) (c Community, err error) {
		return c, row.Scan(&c.Key, &c.Name, &c.Created)
	}, `SELECT key, name, created FROM communities ORDER BY key`)
}

// Community returns the community's name.
func (d *Directory) Community(ctx context.Context, c storage.Community) (name string, err error) {
	err = d.db.QueryRow(ctx, `SELECT name FROM communities WHERE key = $1`, c).Scan(&name)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", noCommunity()
	}
	return name, err
}

// readable is nil for a name of 1 to 255 bytes of UTF-8 without control characters.
func readable(name string) *fault.Error {
	switch {
	case strings.TrimSpace(name) == "":
		return fault.New(fault.Invalid, "a name is empty")
	case len(name) > 255:
		return fault.New(fault.Invalid, "a name is longer than 255 bytes")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fault.New(fault.Invalid, "a name holds characters that cannot be shown")
	}
	return nil
}
