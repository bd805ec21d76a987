package boot

import (
	"cmp"
	"context"
	"errors"

	"cameo/association/directory"
	"cameo/storage"
)

// NewUser is a person who signs in with a name and a password.
type NewUser struct {
	Community string // in digits
	User      string // a GUID
	Name      string
	Password  string
	Admin     bool // of the community
}

// AddCommunity adds a community, or renames the one that has the key. It may be called while a server runs.
func AddCommunity(ctx context.Context, s Stores, key, name string, m Machine) error {
	c, err := parseCommunity(key)
	if err != nil {
		return err
	}
	return administer(ctx, s, m, func(d *directory.Directory) error { return d.AddCommunity(ctx, c, name) })
}

// AddUser adds a local user, or changes the one who has the GUID. It may be called while a server runs.
func AddUser(ctx context.Context, s Stores, u NewUser, m Machine) error {
	c, person, err := s.who(u.Community, u.User)
	if err != nil {
		return err
	}
	return administer(ctx, s, m, func(d *directory.Directory) error {
		return d.AddUser(ctx, directory.User{
			Community: c, GUID: person, Name: u.Name, Password: u.Password, Admin: u.Admin,
		})
	})
}

// administer works on the directory of a deployment that is there.
func administer(ctx context.Context, s Stores, m Machine, work func(*directory.Directory) error) error {
	if err := cmp.Or(s.Check(), s.exists()); err != nil {
		return err
	}
	opened, err := openState(ctx, s, m)
	if err != nil {
		return err
	}
	return errors.Join(work(directory.New(opened.db, opened.clock.Now, m.Random)), opened.Close())
}

// Migrate brings the database up to this program. It may be called while servers run.
func Migrate(ctx context.Context, s Stores) error {
	if err := s.Check(); err != nil {
		return err
	}
	db, err := s.openDatabase(ctx)
	if err != nil {
		return err
	}
	return db.Close()
}

// Swept counts what a sweep did: uploads that expired, rows of uploads and photos that were purged, blobs
// that were deleted.
type Swept = storage.Swept

// Sweep does once what a running node does every minute. It may be called while servers run.
func Sweep(ctx context.Context, cfg Config, m Machine) (Swept, error) {
	if err := cmp.Or(cfg.checkLimits(), cfg.Stores.Check(), cfg.exists()); err != nil {
		return Swept{}, err
	}
	s, err := openState(ctx, cfg.Stores, m)
	if err != nil {
		return Swept{}, err
	}
	m.Clock = s.clock.Now
	n := &Node{config: cfg, machine: m, state: s}
	if err := n.store(); err != nil {
		return Swept{}, errors.Join(err, s.Close())
	}
	n.associate()
	swept, err := n.sweepOnce(ctx)
	return swept, errors.Join(err, s.Close())
}
