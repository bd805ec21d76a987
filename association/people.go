package association

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
)

// People is what administrators do with a community's people. An unknown person is NotFound. Its methods join
// the transaction of their context.
type People interface {
	// Search returns up to n people whose name, or name in another system, holds the text, or whose GUID begins
	// with it, in any case, by GUID, from the one behind after on. Those who were merged are not among them.
	Search(ctx context.Context, c storage.Community, text string, after GUID, n int) ([]Person, error)
	// Rename changes the name that is displayed.
	Rename(ctx context.Context, c storage.Community, person GUID, name string) error
	// Disable sets since when the person is shut out; 0 lets them in again, under all their GUIDs.
	Disable(ctx context.Context, c storage.Community, person GUID, since storage.Millis) error
	// GUIDs lists the person's own and those of whoever was merged into them.
	GUIDs(ctx context.Context, c storage.Community, person GUID) ([]GUID, error)
	// LockBoth returns the rows of two people, locked like Directory's Lock. One who was merged is Conflict.
	LockBoth(ctx context.Context, c storage.Community, a, b GUID) (Person, Person, error)
	// Merge gives all names of a person to another: those in other systems, the password unless the other has
	// one, those of people who were merged before, and the GUID itself; and what is said of them, and the photo
	// that they have sent last and not published, where the other has none. The rows were locked.
	Merge(ctx context.Context, c storage.Community, from, into GUID) error
}

// FindPeople searches a community's people, for its administrators, see People.
func (s *Service) FindPeople(
	ctx context.Context, a Actor, c storage.Community, text string, after GUID, n int,
) ([]Person, error) {
	if err := a.May(ManagePeople, c, ""); err != nil {
		return nil, err
	}
	if text != "" && !isText(text, longestUID) {
		return nil, nil // nobody can be called so
	}
	return s.People.Search(ctx, c, text, after, n)
}

// ShowPerson returns a person with their names in other systems, to the person and to administrators.
func (s *Service) ShowPerson(
	ctx context.Context, a Actor, c storage.Community, person GUID,
) (Person, []Identity, error) {
	p, err := s.known(ctx, a, c, person)
	if err != nil {
		return Person{}, nil, err
	}
	names, err := s.Identities.Identities(ctx, c, p.GUID)
	return p, names, err
}

// known returns a person to themselves and to administrators. Only the latter learn who is not there.
func (s *Service) known(ctx context.Context, a Actor, c storage.Community, person GUID) (Person, error) {
	if err := a.Enter(c); err != nil {
		return Person{}, err
	}
	p, err := s.Directory.Person(ctx, c, person)
	if fault.Is(err, fault.NotFound) {
		if refused := a.May(ReadPerson, c, person); refused != nil {
			return Person{}, refused
		}
	}
	if err != nil {
		return Person{}, err
	}
	return p, a.May(ReadPerson, c, p.GUID)
}

// Rename changes the name that is displayed of a person: 1 to 255 bytes that can be shown, or none. A
// person who is not known yet is added, to a closed directory too.
func (s *Service) Rename(ctx context.Context, a Actor, c storage.Community, person GUID, name string) error {
	if err := a.May(ManagePeople, c, person); err != nil {
		return err
	}
	if name != "" && !isName(name) {
		return fault.New(fault.Invalid, "a name has 1 to %d bytes that can be shown", longestName).About("name")
	}
	return s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		if err := s.Directory.Ensure(ctx, c, person); err != nil {
			return Entry{}, err
		}
		p, err := s.Directory.Lock(ctx, c, person)
		if err != nil || p.Name == name {
			return Entry{}, err
		}
		done := Entry{Community: c, Action: Renamed, Person: p.GUID, Object: name}
		return done, s.People.Rename(ctx, c, p.GUID, name)
	})
}

// Disable shuts a person out of a community, until Enable: no token and no session opens it any more, on any
// node, from the next request on. Their sessions end, and photos that are not shown yet never are; the one
// that is shown stays, as it may be in use all over the place (Remove takes it away). What was shut out stays
// so.
func (s *Service) Disable(ctx context.Context, a Actor, c storage.Community, person GUID) error {
	if err := a.May(ManagePeople, c, person); err != nil {
		return err
	}
	return s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		p, err := s.Directory.Lock(ctx, c, person)
		if err != nil || p.Disabled > 0 {
			return Entry{}, err
		}
		now := s.Clock()
		if err := s.People.Disable(ctx, c, p.GUID, now); err != nil {
			return Entry{}, err
		}
		if err := s.supersede(ctx, p, now); err != nil {
			return Entry{}, err
		}
		p.Newest = p.Current
		if err := s.Directory.Point(ctx, p); err != nil {
			return Entry{}, err
		}
		names, err := s.People.GUIDs(ctx, c, p.GUID)
		if err != nil {
			return Entry{}, err
		}
		for _, name := range names {
			if _, err := s.Register.EndSession(ctx, name, ""); err != nil {
				return Entry{}, err
			}
		}
		return Entry{Community: c, Action: ShutOut, Person: p.GUID}, nil
	})
}

// Enable lets a person in again who was shut out. Their sessions stay ended.
func (s *Service) Enable(ctx context.Context, a Actor, c storage.Community, person GUID) error {
	if err := a.May(ManagePeople, c, person); err != nil {
		return err
	}
	return s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		p, err := s.Directory.Lock(ctx, c, person)
		if err != nil {
			return Entry{}, err
		}
		if err := s.People.Disable(ctx, c, p.GUID, 0); err != nil || p.Disabled == 0 {
			return Entry{}, err
		}
		return Entry{Community: c, Action: Enabled, Person: p.GUID}, nil
	})
}
