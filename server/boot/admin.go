package boot

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"cameo/association"
	"cameo/association/directory"
	"cameo/storage"
	"cameo/storage/fault"
)

// NewUser is a person who may sign in with a name and a password, and may have other names elsewhere.
type NewUser struct {
	Community string // in digits
	User      string // a GUID
	Name      string // "": no name and no password
	Password  string
	Admin     bool  // of the community
	Names     Names // elsewhere
}

// AddCommunity adds a community, or renames the one that has the key. It may be called while a server runs.
func AddCommunity(ctx context.Context, s Stores, key, name string, m Machine) error {
	c, err := parseCommunity(key)
	if err != nil {
		return err
	}
	return manage(ctx, s, m, func(n *Node) error {
		return n.Photos.Audited(ctx, association.Operator(c), func(ctx context.Context) (association.Entry, error) {
			done := association.Entry{Community: c, Action: association.Founded, Object: name}
			return done, n.Directory.AddCommunity(ctx, c, name)
		})
	})
}

// AddUser adds a person, or changes the one who has the GUID. A name that another person has is Exists, and
// then nothing is changed. It may be called while a server runs.
func AddUser(ctx context.Context, s Stores, u NewUser, m Machine) error {
	c, person, err := s.who(u.Community, u.User)
	if err != nil {
		return err
	}
	ids, err := u.Names.parse()
	if err != nil {
		return err
	}
	return manage(ctx, s, m, func(n *Node) error {
		return n.state.db.Do(ctx, func(ctx context.Context) error { return n.addUser(ctx, c, person, u, ids) })
	})
}

// addUser runs in a transaction.
func (n *Node) addUser(
	ctx context.Context, c storage.Community, person association.GUID, u NewUser, ids []association.Identity,
) error {
	done := association.Entry{
		Community: c, At: n.machine.Clock(), Actor: association.Operator().GUID, Action: association.AddedLocally,
		Person: person,
	}
	known, err := n.added(ctx, c, person, u.Name != "")
	if err != nil {
		return err
	}
	if known {
		done.Action = association.ChangedUser
	}
	if u.Name != "" {
		err = n.Directory.AddUser(ctx, directory.User{
			Community: c, GUID: person, Name: u.Name, Password: u.Password, Admin: u.Admin,
		})
	} else if err = n.Directory.Ensure(ctx, c, person); err == nil && u.Admin {
		err = n.Directory.Appoint(ctx, c, person, "")
	}
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := n.Directory.Link(ctx, c, person, id); err != nil {
			return err
		}
	}
	return n.Directory.Record(ctx, done)
}

// added says whether a person is there, with a login name if that is asked for.
func (n *Node) added(
	ctx context.Context, c storage.Community, person association.GUID, login bool,
) (bool, error) {
	p, err := n.Directory.Person(ctx, c, person)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || !login {
		return err == nil, err
	}
	names, err := n.Directory.Identities(ctx, c, p.GUID)
	return slices.ContainsFunc(names, func(id association.Identity) bool {
		return id.System == association.Login
	}), err
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

// Migrate brings the database up to this program. It may be called while servers run. It needs no keys, and
// marks nothing: whoever owns the tables need not be whoever serves.
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

// Prepare makes all that a deployment lacks: keys, tables as this program needs them, and the marks by which
// its parts know that they belong together. It may be called while servers run.
func Prepare(ctx context.Context, s Stores, m Machine) error {
	opened, err := openState(ctx, s, m)
	if err != nil {
		return err
	}
	return opened.Close()
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
