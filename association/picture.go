package association

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
)

// Picture returns the person's current photo with the rendition that Photo.Choose finds; NotFound when there
// is none.
func (s *Service) Picture(ctx context.Context, c storage.Community, person GUID, w Want) (Picture, error) {
	known, err := s.Directory.Person(ctx, c, person)
	if err != nil {
		return Picture{}, err
	}
	return s.VersionPicture(ctx, c, known.Current, w)
}

// VersionPicture returns one photo with the rendition that Photo.Choose finds; NotFound when it is not
// served: before it is Ready, after it was Removed, and some time after it was replaced. Of a removal on
// another node it may learn half a second late.
func (s *Service) VersionPicture(
	ctx context.Context, c storage.Community, v Version, w Want,
) (Picture, error) {
	p, err := s.recent.find(ctx, c, v, s.Version)
	if err == nil {
		p, err = s.demand(ctx, p, w)
	}
	return s.picture(p, w, err)
}

// Fresh returns what says for how long the answer to a Want of a photo that VersionPicture has just returned
// need not be asked for again: half a second at most, and not after a removal.
func (s *Service) Fresh(p Photo) func() bool { return s.recent.fresh(p) }

// Thumbnail returns the photo made of an upload, to those who may see the upload; NotFound when none is
// Ready.
func (s *Service) Thumbnail(ctx context.Context, a Actor, id storage.ID, w Want) (Picture, error) {
	if _, err := s.seen(ctx, a, id); err != nil {
		return Picture{}, err
	}
	p, err := s.Album.Made(ctx, id)
	return s.picture(p, w, err)
}

func (s *Service) picture(p Photo, w Want, err error) (Picture, error) {
	if err != nil {
		return Picture{}, err
	}
	r, ok := p.Choose(w)
	if !ok || !p.Served(s.Clock()) {
		return Picture{}, NoPhoto()
	}
	return Picture{Photo: p, Rendition: r}, nil
}

// ReadRendition returns the rendition's bytes, which nobody may change. Damaged bytes are Corrupt and never
// served.
func (s *Service) ReadRendition(ctx context.Context, r Rendition) ([]byte, error) {
	return s.pictures.read(ctx, r)
}

// seen returns the upload if a may see it, dead ones included. One that is missing, foreign or of another
// community is the same NotFound.
func (s *Service) seen(ctx context.Context, a Actor, id storage.ID) (storage.Upload, error) {
	if err := a.Enter(id.Community); err != nil {
		return storage.Upload{}, err
	}
	u, err := s.Originals.Find(ctx, id)
	switch fault.Of(err) {
	case 0, fault.Gone: // whether it is dead is for those to know who may see it
		return u, a.See(u)
	case fault.NotFound:
		return storage.Upload{}, storage.NoUpload() // whatever the store's own words are
	}
	return storage.Upload{}, err
}
