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
	if err := a.MayEdit(c, person); err != nil {
		return Photo{}, err
	}
	p, err := s.Current(ctx, c, person)
	if err != nil {
		return Photo{}, err
	}
	if err := crop.Within(p.Width, p.Height); err != nil {
		return Photo{}, err
	}
	return s.next(ctx, Photo{Community: c, Person: person, Upload: p.Upload, Crop: crop})
}
