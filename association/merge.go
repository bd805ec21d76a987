package association

import (
	"cmp"
	"context"

	"cameo/storage"
	"cameo/storage/fault"
)

// Merge makes two people of a community one, the survivor. All that the other one has becomes the survivor's:
// names in other systems, uploads, photos and what is being made of them. The other GUID stays a name of the
// survivor in addresses, tokens and requests. The survivor's photo stays, unless it is asked for theirs or
// there is none; the one that goes is served as a replaced one is, and can be restored.
//
// Unknown people are NotFound. One who is the survivor already, under whatever GUID, or was merged before, or
// is shut out while the survivor is not, is Conflict.
//
// Order: both rows, photos, uploads, names. Whoever waits for one of the rows finds the survivor's. An upload
// that the other person begins at this very moment may stay under the old GUID, which is a name of theirs.
func (s *Service) Merge(
	ctx context.Context, a Actor, c storage.Community, person, into GUID, theirs bool,
) error {
	if err := a.May(ManagePeople, c, person); err != nil {
		return err
	}
	defer s.recent.forget()
	return s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		survivor, err := s.Directory.Person(ctx, c, into)
		if err != nil {
			return Entry{}, err
		}
		if survivor.GUID == person {
			return Entry{}, fault.New(fault.Conflict, "that is the same person").About("into")
		}
		from, to, err := s.People.LockBoth(ctx, c, person, survivor.GUID)
		if err != nil {
			return Entry{}, err
		}
		if from.Disabled > 0 && to.Disabled == 0 {
			return Entry{}, fault.New(fault.Conflict, "the person is shut out, and their password would let them in "+
				"as the other one: let them in first, or shut the other one out")
		}
		done := Entry{Community: c, Action: MergedInto, Person: from.GUID, Object: string(to.GUID)}
		return done, s.merge(ctx, from, to, theirs)
	})
}

// merge runs in a transaction that has locked both.
func (s *Service) merge(ctx context.Context, from, to Person, theirs bool) error {
	one, err := s.combine(ctx, from, to, theirs)
	if err != nil {
		return err
	}
	c := to.Community
	if err := s.Versions.Move(ctx, c, from.GUID, to.GUID); err != nil {
		return err
	}
	if err := s.Uploads.HandOver(ctx, c, from.GUID.Subject(), to.GUID.Subject()); err != nil {
		return err
	}
	from.Current, from.Newest = "", ""
	if err := s.Directory.Point(ctx, from); err != nil {
		return err
	}
	to.Current, to.Newest = one.Current, one.Newest
	if err := s.Directory.Point(ctx, to); err != nil {
		return err
	}
	return s.People.Merge(ctx, c, from.GUID, to.GUID)
}

// combine ends what only one of two people can have, and returns what stays as Current and Newest.
func (s *Service) combine(ctx context.Context, from, to Person, theirs bool) (Person, error) {
	keep, drop := to, from
	if theirs {
		keep, drop = from, to
	}
	waits, err := s.waits(ctx, keep)
	if err != nil {
		return Person{}, err
	}
	if keep.Current == "" && !waits {
		keep, drop = drop, keep // there is nothing to keep
	}
	now := s.Clock()
	if err := s.supersede(ctx, drop, now); err != nil {
		return Person{}, err
	}
	if keep.Current == "" { // what waits may fail
		keep.Current = drop.Current
	} else if err := s.retire(ctx, drop, now); err != nil {
		return Person{}, err
	}
	keep.Newest = cmp.Or(keep.Newest, keep.Current)
	if to.Disabled > 0 { // nothing is made for who is shut out
		if err := s.supersede(ctx, keep, now); err != nil {
			return Person{}, err
		}
		keep.Newest = keep.Current
	}
	return keep, nil
}

// waits says whether a photo of the person is being made.
func (s *Service) waits(ctx context.Context, p Person) (bool, error) {
	if p.Newest == "" || p.Newest == p.Current {
		return false, nil
	}
	newest, err := s.Album.Find(ctx, p.Community, p.Newest)
	return newest.State == Pending, err
}
