package association

import (
	"context"
	"log/slog"
	"slices"

	"golang.org/x/sync/semaphore"

	"cameo/storage"
	"cameo/storage/fault"
)

// Service answers what people ask about photos, and judges whether they may.
type Service struct {
	Config
	recent    *recent
	pictures  *pictures
	sizes     []int  // that may be asked for
	passwords *turns // of those who sign in by one, or choose one
	absent    *absent

	inspections *semaphore.Weighted // of files that are judged before they become photos
}

// NewService returns a Service over its parts.
func NewService(cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		Config: cfg, recent: newRecent(cfg.Clock), pictures: newPictures(cfg.Blobs, cfg.Limits.Cache),
		sizes:     cfg.Limits.allSizes(),
		passwords: newTurns(), absent: newAbsent(cfg.Clock),
		inspections: semaphore.NewWeighted(int64(max(cfg.Limits.Slots, 1))),
	}
}

// Profile returns what is known of a person; NotFound.
func (s *Service) Profile(ctx context.Context, c storage.Community, person GUID) (Person, error) {
	return s.Directory.Person(ctx, c, person)
}

// Current returns the photo that is shown; NotFound when there is none.
func (s *Service) Current(ctx context.Context, c storage.Community, person GUID) (Photo, error) {
	p, err := s.Directory.Person(ctx, c, person)
	if err != nil {
		return Photo{}, err
	}
	return s.Version(ctx, c, p.Current)
}

// Newest returns the photo that was asked for last, in whatever state; NotFound when there is none.
func (s *Service) Newest(ctx context.Context, c storage.Community, person GUID) (Photo, error) {
	p, err := s.Directory.Person(ctx, c, person)
	if err != nil {
		return Photo{}, err
	}
	return s.Version(ctx, c, p.Newest)
}

// Version returns one photo in whatever state; NotFound.
func (s *Service) Version(ctx context.Context, c storage.Community, v Version) (Photo, error) {
	if v == "" {
		return Photo{}, NoPhoto()
	}
	return s.Album.Find(ctx, c, v)
}

// IsProfilePhoto says whether the upload is somebody's pending or current photo.
func (s *Service) IsProfilePhoto(ctx context.Context, id storage.ID) (bool, error) {
	people, err := s.Album.Shown(ctx, id)
	return len(people) > 0, err
}

// Describe returns what a may know of a person's photo. Anybody may ask, a stranger too: whether photos are
// public is the server's matter. Of a person without photo it says so; in a closed directory an unknown
// person is NotFound.
func (s *Service) Describe(
	ctx context.Context, a Actor, c storage.Community, person GUID,
) (Description, error) {
	p, err := s.Directory.Person(ctx, c, person)
	if fault.Is(err, fault.NotFound) && !s.Limits.Closed {
		if _, err := s.Directory.Community(ctx, c); err != nil {
			return Description{}, err
		}
		return Description{}, nil
	}
	if err != nil {
		return Description{}, err
	}
	d := Description{Version: p.Newest, Current: p.Current}
	if p.Newest != "" {
		newest, err := s.Album.Find(ctx, c, p.Newest)
		if err == nil && newest.State == Ready && p.Current != p.Newest { // shown since the person was read
			p, err = s.Directory.Person(ctx, c, person)
			d.Current = p.Current
		}
		if err != nil {
			return Description{}, err
		}
		if d.State = newest.State; a.May(ReadReason, c, p.GUID) == nil {
			d.Reason = newest.Reason
		}
	}
	if p.Current != "" {
		current, err := s.Album.Find(ctx, c, p.Current)
		if err != nil {
			return Description{}, err
		}
		d.Width, d.Height, d.Sizes = current.Width, current.Height, slices.Clone(s.sizes)
		d.Crop = current.Crop.Of(current.Width, current.Height)
		d.Thumbhash, d.Colour = current.Thumbhash, current.Colour
	}
	return d, nil
}
