package association

import (
	"context"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// AssociateInspected is AssociateCropped for clients that want to learn at once what is wrong with a picture
// or a crop: the file's structure is judged first, and what it refuses changes nothing (Unsupported,
// TooLarge, or Invalid for a crop that is not within the upright picture). Each call makes a new photo, also
// of the upload and the crop of the one before. What only decoding shows still makes the photo Failed.
func (s *Service) AssociateInspected(
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
	if err := s.inspect(ctx, u, crop); err != nil {
		return Photo{}, err
	}
	return s.next(ctx, a, Associated, ask{anew: true}, func(context.Context) (Photo, error) {
		return Photo{Community: id.Community, Person: person, Upload: id.Key, Crop: crop}, nil
	})
}

// inspect judges a file without decoding it. Its bytes are in memory meanwhile: of as many files at once as
// there are slots.
func (s *Service) inspect(ctx context.Context, u storage.Upload, crop imaging.Crop) error {
	if err := s.inspections.Acquire(ctx, 1); err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s", fault.Unavailable.Sentence())
	}
	defer s.inspections.Release(1)
	from, err := s.Originals.Open(ctx, u, 0, u.Length)
	if err != nil {
		return err
	}
	file, err := whole(from, u.Length)
	if err != nil {
		return fault.Wrap(err, fault.Of(err), "the original cannot be read")
	}
	header, err := imaging.Renderer{Limits: s.Limits.Picture, HEIF: s.HEIF}.Judge(file)
	if err != nil {
		return err
	}
	return crop.Within(header.Width, header.Height)
}
