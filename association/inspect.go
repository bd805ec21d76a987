package association

import (
	"context"
	"io"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// AssociateInspected is AssociateCropped for clients that want to learn at once what is wrong with a picture
// or a crop: the file's structure is judged first, and what it refuses changes nothing (Unsupported,
// TooLarge, or Invalid for a crop that is not within the upright picture). Each call makes a new photo, also
// of the upload and the crop of the one before. What only decoding shows still makes the photo Failed.
//
// A Look that has been at all bytes of the upload spares reading them again; it may be nil.
func (s *Service) AssociateInspected(
	ctx context.Context, a Actor, id storage.ID, person GUID, crop imaging.Crop, look *Look,
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
	header, err := s.inspect(ctx, u, look)
	if err == nil {
		err = crop.Within(header.Width, header.Height)
	}
	if err != nil {
		return Photo{}, err
	}
	return s.next(ctx, a, Associated, ask{anew: true}, func(context.Context) (Photo, error) {
		return Photo{Community: id.Community, Person: person, Upload: id.Key, Crop: crop}, nil
	})
}

// inspect judges a file without decoding it: of as many stored ones at once as there are slots.
func (s *Service) inspect(ctx context.Context, u storage.Upload, look *Look) (imaging.Header, error) {
	if look != nil {
		<-look.judged
		return look.header, look.err
	}
	if err := s.inspections.Acquire(ctx, 1); err != nil {
		return imaging.Header{}, fault.Wrap(err, fault.Unavailable, "%s", fault.Unavailable.Sentence())
	}
	defer s.inspections.Release(1)
	from, err := s.Originals.Open(ctx, u, 0, u.Length)
	if err != nil {
		return imaging.Header{}, err
	}
	defer from.Close()
	return s.judge().JudgeFrom(from)
}

func (s *Service) judge() imaging.Renderer {
	return imaging.Renderer{Limits: s.Limits.Picture, HEIF: s.HEIF}
}

// Look judges a picture's file while it is on its way to the store. It holds a window of the bytes that are
// written to it, which are all of the file from the first one on.
type Look struct {
	to     *io.PipeWriter
	judged chan struct{} // closed when the rest is set
	header imaging.Header
	err    error
}

// Look begins to look at a file of that media type. It is nil for those that are judged only as a whole.
func (s *Service) Look(mediaType string) *Look {
	if imaging.IsHEIF(mediaType) {
		return nil
	}
	from, to := io.Pipe()
	l := &Look{to: to, judged: make(chan struct{})}
	go func() {
		defer close(l.judged)
		l.header, l.err = s.judge().JudgeFrom(from)
		_ = from.Close() // what comes now is of no interest
	}()
	return l
}

// Write is io.Writer's. It never fails: what is wrong with the picture is no reason not to store it.
func (l *Look) Write(p []byte) (int, error) {
	_, _ = l.to.Write(p) // fails when the verdict is known
	return len(p), nil
}

// End says that there is no more of the file.
func (l *Look) End() { _ = l.to.Close() } // a pipe's never fails
