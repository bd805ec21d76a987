package association

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
)

// Withdraw ends every photo that was made of an upload, so that nobody holds it any more and no version of
// it is served, replaced ones included. That may take away other people's photos, so it is for
// administrators of the community: Forbidden for others. An upload that is nobody's photo is no error.
func (s *Service) Withdraw(ctx context.Context, a Actor, id storage.ID) error {
	if _, err := s.seen(ctx, a, id); err != nil {
		return err
	}
	if !a.Administers(id.Community) {
		return fault.New(fault.Forbidden, "only an administrator of the community may withdraw a photo from people")
	}
	people, err := s.Album.Shown(ctx, id)
	if err != nil {
		return err
	}
	defer s.recent.forget() // after an error too: some of it may have been committed
	for _, person := range people {
		err := s.Audited(ctx, a, func(ctx context.Context) (Entry, error) { return s.withdraw(ctx, id, person) })
		if err != nil {
			return err
		}
	}
	return s.Tx.Do(ctx, func(ctx context.Context) error {
		return s.remove(ctx, Removal{Community: id.Community, Upload: id.Key}, s.Clock())
	})
}

// withdraw makes photos of the upload the person's pending and current ones no more. It runs in a
// transaction. Photos that the person has by then of other uploads stay.
func (s *Service) withdraw(ctx context.Context, id storage.ID, person GUID) (Entry, error) {
	p, err := s.Directory.Lock(ctx, id.Community, person)
	if err != nil {
		return Entry{}, err
	}
	newest, err := s.madeOf(ctx, id, p.Newest)
	if err != nil {
		return Entry{}, err
	}
	current, err := s.madeOf(ctx, id, p.Current)
	if err != nil {
		return Entry{}, err
	}
	now := s.Clock()
	if newest {
		if err := s.supersede(ctx, p, now); err != nil {
			return Entry{}, err
		}
		p.Newest = p.Current
	}
	if current {
		if _, err := s.leave(ctx, p, now); err != nil {
			return Entry{}, err
		}
		if p.Newest == p.Current {
			p.Newest = ""
		}
		p.Current = ""
	}
	if !newest && !current {
		return Entry{}, nil
	}
	done := Entry{Community: id.Community, Action: RemovedPhoto, Person: p.GUID, Object: string(id.Key)}
	return done, s.Directory.Point(ctx, p)
}

// madeOf says whether the version is a photo of the upload; no version is none.
func (s *Service) madeOf(ctx context.Context, id storage.ID, v Version) (bool, error) {
	p, err := s.Version(ctx, id.Community, v)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return p.Upload == id.Key, err
}
