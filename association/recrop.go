package association

import (
	"context"

	"cameo/association/imaging"
	"cameo/storage"
)

// Recrop makes another square of the person's current photo the next photo, without a new upload. The zero
// Crop is the centre square. As with Associate, the photo is Pending first, and asking again changes nothing.
//
// Judged in this order: the community (Unauthenticated, NotFound), the right to change the person's photo
// (Forbidden), whether there is a photo (NotFound), the crop (Invalid).
func (s *Service) Recrop(
	ctx context.Context, a Actor, c storage.Community, person GUID, crop imaging.Crop,
) (Photo, error) {
	if err := a.Enter(c); err != nil {
		return Photo{}, err
	}
	if err := s.mayChange(ctx, a, c, person); err != nil {
		return Photo{}, err
	}
	return s.next(ctx, a, Cropped, ask{}, func(ctx context.Context) (Photo, error) {
		// The row is locked before it is read: a photo that is removed at the same time does not come back.
		p, err := s.Directory.Lock(ctx, c, person)
		if err != nil {
			return Photo{}, err
		}
		shown, err := s.Version(ctx, c, p.Current)
		if err != nil {
			return Photo{}, err
		}
		if err := crop.Within(shown.Width, shown.Height); err != nil {
			return Photo{}, err
		}
		return Photo{Community: c, Person: person, Upload: shown.Upload, Crop: crop}, nil
	})
}
