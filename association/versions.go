package association

import (
	"context"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// Photos lists up to n of a person's photos, the latest first, to the person and to administrators: those
// that are shown, wait, have failed, or were replaced or removed and are not forgotten yet.
func (s *Service) Photos(
	ctx context.Context, a Actor, c storage.Community, person GUID, after After, n int,
) (Person, []Photo, error) {
	p, err := s.known(ctx, a, c, person)
	if err != nil {
		return Person{}, nil, err
	}
	photos, err := s.Versions.Versions(ctx, c, p.GUID, after, n)
	return p, photos, err
}

// Restore makes a photo that the person had before their next photo again, as it was cropped then, as long as
// its original is kept: Gone after that. Asking for the one that is shown changes nothing.
func (s *Service) Restore(ctx context.Context, a Actor, c storage.Community, v Version) (Photo, error) {
	return s.again(ctx, a, c, v, Restored, func(p Photo) (imaging.Crop, error) { return p.Crop, nil })
}

// RecropVersion makes another square of a photo that the person has or had their next photo, see Recrop and
// Restore.
func (s *Service) RecropVersion(
	ctx context.Context, a Actor, c storage.Community, v Version, crop imaging.Crop,
) (Photo, error) {
	return s.again(ctx, a, c, v, Cropped, func(p Photo) (imaging.Crop, error) {
		if p.Width == 0 { // it was never ready; what does not fit will make the next one fail
			return crop, nil
		}
		return crop, crop.Within(p.Width, p.Height)
	})
}

// again makes what was made of a photo's original before the person's next photo.
func (s *Service) again(
	ctx context.Context, a Actor, c storage.Community, v Version, do Deed,
	choose func(Photo) (imaging.Crop, error),
) (Photo, error) {
	if err := a.Enter(c); err != nil {
		return Photo{}, err
	}
	p, err := s.Version(ctx, c, v)
	if err != nil {
		return Photo{}, err
	}
	if err := s.mayChange(ctx, a, c, p.Person); err != nil {
		return Photo{}, err
	}
	crop, err := choose(p)
	if err != nil {
		return Photo{}, err
	}
	next, err := s.next(ctx, a, do, ask{}, func(ctx context.Context) (Photo, error) {
		_, err := s.Originals.Find(ctx, p.ID())
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
			err = fault.New(fault.Gone, "the original of this photo is no longer kept")
		}
		return Photo{Community: c, Person: p.Person, Upload: p.Upload, Crop: crop}, err
	})
	return next, err
}

// Where returns the community of a version; NotFound.
func (s *Service) Where(ctx context.Context, v Version) (storage.Community, error) {
	return s.Versions.Where(ctx, v)
}

// OwnUploads lists uploads of an owner, to the owner and to administrators.
func (s *Service) OwnUploads(ctx context.Context, a Actor, l storage.Listing) ([]storage.Upload, error) {
	p, err := s.known(ctx, a, l.Community, GUID(l.Owner))
	if err != nil {
		return nil, err
	}
	l.Owner = p.GUID.Subject()
	return s.Uploads.List(ctx, l)
}
