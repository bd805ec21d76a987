package association

import (
	"context"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/fault/point"
)

// Associate makes the centre square of a finished upload the person's next photo, see AssociateCropped.
func (s *Service) Associate(ctx context.Context, a Actor, id storage.ID, person GUID) (Photo, error) {
	return s.AssociateCropped(ctx, a, id, person, imaging.Crop{})
}

// AssociateCropped makes a finished upload the person's next photo, which shows the crop; the zero Crop is
// the centre square. A crop that is not within the picture makes the photo Failed. The photo is Pending: the
// Worker makes its renditions and then shows it. Asking again with the upload and the crop of the pending or
// shown photo returns that photo and changes nothing.
//
// Judged in this order: the community (Unauthenticated, NotFound), the upload (NotFound if a may not see it),
// the right to change the person's photo (Forbidden), the upload's state (Conflict, Unsupported, Gone), its
// type (Unsupported), its size (TooLarge), the person (NotFound if the directory is closed).
func (s *Service) AssociateCropped(
	ctx context.Context, a Actor, id storage.ID, person GUID, crop imaging.Crop,
) (Photo, error) {
	u, err := s.seen(ctx, a, id)
	if err != nil {
		return Photo{}, err
	}
	if err := s.mayChange(ctx, a, id.Community, person); err != nil {
		return Photo{}, err
	}
	if err := s.fit(u); err != nil {
		return Photo{}, err
	}
	return s.next(ctx, a, Associated, ask{}, func(context.Context) (Photo, error) {
		return Photo{Community: id.Community, Person: person, Upload: id.Key, Crop: crop}, nil
	})
}

// ask says how the next photo is asked for.
type ask struct {
	anew bool // it is a new one even if it is the one that is pending or shown
}

// Fulfil makes true what a Complete upload was made for: that it becomes the photo of the person who is its
// Wish, as Associate does it. Only its owner's requests do so, and once: the association takes the wish away.
func (s *Service) Fulfil(ctx context.Context, a Actor, u storage.Upload) error {
	owner := GUID(u.Owner)
	if u.State != storage.Complete || u.Wish == "" || owner != a.GUID && owner != a.In(u.Community) {
		return nil
	}
	_, err := s.Associate(ctx, a, u.ID, GUID(u.Wish))
	return err
}

// mayChange is whether the actor may change the photo of a person, who may go by another GUID by now.
func (s *Service) mayChange(ctx context.Context, a Actor, c storage.Community, person GUID) error {
	refused := a.MayEdit(c, person)
	if !fault.Is(refused, fault.Forbidden) {
		return refused
	}
	p, err := s.Directory.Person(ctx, c, person)
	if fault.Is(err, fault.NotFound) || p.GUID == person {
		return refused
	}
	if err != nil {
		return err
	}
	return a.MayEdit(c, p.GUID)
}

// next makes what wanted returns, of which only person, upload and crop are set, the person's next photo.
// Wanted runs in the transaction.
func (s *Service) next(
	ctx context.Context, a Actor, do Deed, how ask, wanted func(context.Context) (Photo, error),
) (Photo, error) {
	version, err := DrawVersion(s.Random)
	if err != nil {
		return Photo{}, err
	}
	now := s.Clock()
	var p Photo
	err = s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		next, err := wanted(ctx)
		if err != nil {
			return Entry{}, err
		}
		next.Version, next.State, next.Created, next.Due = version, Pending, now, now
		var had bool
		if p, had, err = s.replace(ctx, next, how); err != nil || p.Version != version {
			return Entry{}, err
		}
		done := Entry{Community: p.Community, Action: do, Person: p.Person, Object: string(version)}
		if do == Associated && had {
			done.Action = Replaced
		}
		return done, nil
	})
	if err != nil {
		return Photo{}, err
	}
	point.Here("associate.committed")
	if s.Wake != nil && p.State == Pending {
		s.Wake()
	}
	return p, nil
}

// fit judges the upload itself.
func (s *Service) fit(u storage.Upload) error {
	switch u.State {
	case storage.Complete:
		if u.Partial {
			return fault.New(fault.Conflict, "the upload is a part, to be joined with others first")
		}
	case storage.Failed:
		return imaging.Reason(u.Reason).Fault()
	case storage.Cancelled, storage.Expired:
		return fault.New(fault.Gone, "the upload is no longer there")
	default:
		return fault.New(fault.Conflict, "the upload is not complete")
	}
	if !s.Formats().Accepted(u.Type) {
		return imaging.NotAnImage.Fault()
	}
	return s.Limits.Fit(u.Length)
}

// replace runs in a transaction, and says whether the person had a photo. The person's row is locked first:
// of many at once, each sees what the one before has done, a merge and a shutting out too.
func (s *Service) replace(
	ctx context.Context, next Photo, how ask,
) (p Photo, had bool, err error) {
	person, err := s.meet(ctx, next.Community, next.Person)
	if err != nil {
		return Photo{}, false, err
	}
	if person.Disabled > 0 {
		return Photo{}, false, errDisabled()
	}
	next.Person = person.GUID
	for _, v := range []Version{person.Newest, person.Current} {
		if v == "" || how.anew {
			continue
		}
		p, err := s.Album.Find(ctx, next.Community, v)
		if err != nil {
			return Photo{}, false, err
		}
		if p.Upload == next.Upload && p.Crop == next.Crop && (p.State == Pending || v == person.Current) {
			return p, true, s.settleOn(ctx, person, p)
		}
	}
	if err := s.supersede(ctx, person, next.Created); err != nil {
		return Photo{}, false, err
	}
	if err := s.Holds.Hold(ctx, next.ID(), string(next.Version)); err != nil {
		return Photo{}, false, err
	}
	if err := s.Album.Add(ctx, next); err != nil {
		return Photo{}, false, err
	}
	had = person.Current != "" || person.Newest != ""
	person.Newest = next.Version
	return next, had, s.Directory.Point(ctx, person)
}

// settleOn makes p, which is pending or shown already, the newest again: what was asked for in between is
// no longer wanted.
func (s *Service) settleOn(ctx context.Context, person Person, p Photo) error {
	if person.Newest == p.Version {
		return nil
	}
	if err := s.supersede(ctx, person, s.Clock()); err != nil {
		return err
	}
	person.Newest = p.Version
	return s.Directory.Point(ctx, person)
}

// meet returns the person's row, locked. An open directory creates people on first sight.
func (s *Service) meet(ctx context.Context, c storage.Community, person GUID) (Person, error) {
	if !s.Limits.Closed {
		if err := s.Directory.Ensure(ctx, c, person); err != nil {
			return Person{}, err
		}
	}
	return s.Directory.Lock(ctx, c, person)
}

// supersede ends the person's pending photos and what they hold.
func (s *Service) supersede(ctx context.Context, person Person, now storage.Millis) error {
	old, err := s.Album.Supersede(ctx, person.Community, person.GUID, now.Add(s.Limits.Retention))
	if err != nil {
		return err
	}
	for _, p := range old {
		if err := s.release(ctx, p, now); err != nil {
			return err
		}
	}
	return nil
}
