package association

import (
	"cmp"
	"context"
	"time"

	"cameo/storage"
)

// Remove ends the person's current photo, and a pending one with it. No version of the person's photos is
// served any more, replaced ones included. Removing what is not there is no error; an unknown person is
// NotFound.
func (s *Service) Remove(ctx context.Context, a Actor, c storage.Community, person GUID) error {
	if err := a.Enter(c); err != nil {
		return err
	}
	if err := s.mayChange(ctx, a, c, person); err != nil {
		return err
	}
	defer s.recent.forget() // after an error too: it may have been committed
	return s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		p, err := s.Directory.Lock(ctx, c, person)
		if err != nil {
			return Entry{}, err
		}
		done := Entry{}
		if lost := cmp.Or(p.Current, p.Newest); lost != "" {
			done = Entry{Community: c, Action: RemovedPhoto, Person: p.GUID, Object: string(lost)}
		}
		now := s.Clock()
		if err := s.supersede(ctx, p, now); err != nil {
			return Entry{}, err
		}
		if _, err := s.leave(ctx, p, now); err != nil {
			return Entry{}, err
		}
		p.Current, p.Newest = "", ""
		if err := s.Directory.Point(ctx, p); err != nil {
			return Entry{}, err
		}
		return done, s.remove(ctx, Removal{Community: c, Person: p.GUID}, now)
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

// retire makes way for the person's next photo. Pages that were made before still name the old version: it
// is served as long as its original is kept.
func (c Config) retire(ctx context.Context, person Person, now storage.Millis) error {
	old, err := c.leave(ctx, person, now)
	if err != nil || old.Version == "" {
		return err
	}
	until := now.Add(c.Limits.Retention)
	if err := c.Queue.Replace(ctx, old, until); err != nil {
		return err
	}
	return c.Trash.Discard(ctx, until, old.blobs()...)
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
