package storage

import (
	"context"

	"github.com/minio/crc64nvme"
)

// take adds arrived bytes, cutting them where a run is full.
func (s *session) take(ctx context.Context, b slice) error {
	gather := s.e.Blobs.Shape().Gather
	for gather > 0 && s.at-s.tail+int64(len(b.b)) >= gather {
		first, rest := b.split(int(gather - (s.at - s.tail)))
		s.hold(first)
		b = rest
		if err := s.sealRun(ctx); err != nil {
			b.page.release()
			return err
		}
	}
	if len(b.b) == 0 {
		b.page.release()
		return nil
	}
	s.hold(b)
	if gather == 0 && b.last {
		return s.flush(ctx)
	}
	return nil
}

// flush writes what is held through to the open run, as few large pieces: those of one page lie end to end.
func (s *session) flush(ctx context.Context) error {
	for len(s.held) > 0 {
		if s.run == nil {
			if err := s.open(ctx, s.from); err != nil {
				return err
			}
		}
		n, piece := 1, s.held[0].b
		for n < len(s.held) && s.held[n].page == s.held[0].page {
			piece = piece[:len(piece)+len(s.held[n].b)]
			n++
		}
		if err := s.run.Write(ctx, piece); err != nil {
			return err
		}
		releaseAll(s.held[:n])
		s.held = s.held[n:]
	}
	return nil
}

// takeRest adds what has been read of a body that was ended before its end.
func (s *session) takeRest(ctx context.Context) error {
	if s.heard {
		return nil
	}
	s.in.halt()
	for b := range s.in.slices {
		if err := s.take(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) hold(b slice) {
	s.count(b.b)
	s.held = append(s.held, b)
}

func (s *session) count(p []byte) {
	if s.at < HeadSize {
		s.head = append(s.head[:s.at:s.at], p[:min(len(p), int(HeadSize-s.at))]...)
	}
	s.at += int64(len(p))
	s.part = crc64nvme.Update(s.part, p)
	s.sent = s.sum(s.sent, s.w.At, p)
	s.crc = s.sum(s.crc, 0, p)
	if s.w.Digest != nil {
		s.w.Digest.Hash.Write(p)
	}
}

// sum adds p to the checksum of all bytes from begin on. Before the first seal behind begin it is the one of
// the bytes since from, which is known already.
func (s *session) sum(crc uint64, begin int64, p []byte) uint64 {
	if s.from == begin {
		return s.part
	}
	return crc64nvme.Update(crc, p)
}
