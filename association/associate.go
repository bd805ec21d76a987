package association

import (
	"context"
	"time"

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
	if err := a.MayEdit(id.Community, person); err != nil {
		return Photo{}, err
	}
	if err := s.fit(u); err != nil {
		return Photo{}, err
	}
	return s.next(ctx, func(context.Context) (Photo, error) {
		return Photo{Community: id.Community, Person: person, Upload: id.Key, Crop: crop}, nil
	})
}

// next makes what wanted returns, of which only person, upload and crop are set, the person's next photo.
// Wanted runs in the transaction.
func (s *Service) next(ctx context.Context, wanted func(context.Context) (Photo, error)) (Photo, error) {
	version, err := DrawVersion(s.Random)
	if err != nil {
		return Photo{}, err
	}
	now := s.Clock()
	var p Photo
	err = s.Tx.Do(ctx, func(ctx context.Context) error {
		next, err := wanted(ctx)
		if err != nil {
			return err
		}
		next.Version, next.State, next.Created, next.Due = version, Pending, now, now
		p, err = s.replace(ctx, next)
		return err
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
	if !imaging.Accepted(u.Type) {
		return imaging.NotAnImage.Fault()
	}
	if u.Length > s.Limits.MaxPhoto {
		return imaging.TooLarge.Fault()
	}
	return nil
}

// replace runs in a transaction. The person's row is locked first: of many at once, each sees what the one
// before has done.
func (s *Service) replace(ctx context.Context, next Photo) (Photo, error) {
	person, err := s.meet(ctx, next.Community, next.Person)
	if err != nil {
		return Photo{}, err
	}
	for _, v := range []Version{person.Newest, person.Current} {
		if v == "" {
			continue
		}
		p, err := s.Album.Find(ctx, next.Community, v)
		if err != nil {
			return Photo{}, err
		}
		if p.Upload == next.Upload && p.Crop == next.Crop && (p.State == Pending || v == person.Current) {
			return p, s.settleOn(ctx, person, p)
		}
	}
	if err := s.supersede(ctx, person, next.Created); err != nil {
		return Photo{}, err
	}
	if err := s.Holds.Hold(ctx, next.ID(), string(next.Version)); err != nil {
		return Photo{}, err
	}
	if err := s.Album.Add(ctx, next); err != nil {
		return Photo{}, err
	}
	person.Newest = next.Version
	return next, s.Directory.Point(ctx, person)
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

// Remove ends the person's current photo, and a pending one with it. No version of the person's photos is
// served any more, replaced ones included. Removing what is not there is no error; an unknown person is
// NotFound.
func (s *Service) Remove(ctx context.Context, a Actor, c storage.Community, person GUID) error {
	if err := a.Enter(c); err != nil {
		return err
	}
	if err := a.MayEdit(c, person); err != nil {
		return err
	}
	defer s.recent.forget() // after an error too: it may have been committed
	return s.Tx.Do(ctx, func(ctx context.Context) error {
		p, err := s.Directory.Lock(ctx, c, person)
		if err != nil {
			return err
		}
		now := s.Clock()
		if err := s.supersede(ctx, p, now); err != nil {
			return err
		}
		if _, err := s.leave(ctx, p, now); err != nil {
			return err
		}
		p.Current, p.Newest = "", ""
		if err := s.Directory.Point(ctx, p); err != nil {
			return err
		}
		return s.remove(ctx, Removal{Community: c, Person: person}, now)
	})
}

// remove ends photos that are current no more, and hands their renditions to the trash. It runs in a
// transaction.
func (s *Service) remove(ctx context.Context, r Removal, now storage.Millis) error {
	r.Until = now.Add(s.Limits.Retention)
	removed, err := s.Album.Remove(ctx, r)
	if err != nil {
		return err
	}
	var names []storage.Name
	for _, p := range removed {
		names = append(names, p.blobs()...)
	}
	if len(names) == 0 {
		return nil
	}
	// The trash keeps an earlier time: that of a replaced photo is forgotten first, so that it goes now.
	if err := s.Trash.Forget(ctx, names...); err != nil {
		return err
	}
	return s.Trash.Discard(ctx, now, names...)
}

// leave ends what the person's current photo holds, before another takes its place, and returns that photo;
// the zero Photo if there is none.
func (c Config) leave(ctx context.Context, person Person, now storage.Millis) (Photo, error) {
	if person.Current == "" {
		return Photo{}, nil
	}
	p, err := c.Album.Find(ctx, person.Community, person.Current)
	if err != nil {
		return Photo{}, err
	}
	return p, c.Holds.Unhold(ctx, p.ID(), string(p.Version), now.Add(c.Limits.Retention))
}

// strayDelay is longer than a fenced worker can go on writing.
const strayDelay = time.Hour

// release ends what a photo holds that will not be shown, and discards what attempts at it may have left
// behind.
func (c Config) release(ctx context.Context, p Photo, now storage.Millis) error {
	if err := c.Holds.Unhold(ctx, p.ID(), string(p.Version), now.Add(c.Limits.Retention)); err != nil {
		return err
	}
	return c.discard(ctx, p, p.Epoch, now)
}

// discard hands the blobs that the first claims of p may have written to the trash. Those that were never
// written cost nothing.
func (c Config) discard(ctx context.Context, p Photo, through int64, now storage.Millis) error {
	var names []storage.Name
	for epoch := int64(1); epoch <= through; epoch++ {
		names = append(names, SheetName(p.Version, epoch))
	}
	if len(names) == 0 {
		return nil
	}
	return c.Trash.Discard(ctx, now.Add(strayDelay), names...)
}
