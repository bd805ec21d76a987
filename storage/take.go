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

// flush writes what is held through to the open run, a page at once.
func (s *session) flush(ctx context.Context) error {
	for len(s.held) > 0 {
		if s.run == nil {
			if err := s.open(ctx, s.from); err != nil {
				return err
			}
		}
		if err := s.run.Write(ctx, s.held[0].b); err != nil {
			return err
		}
		s.held[0].page.release()
		s.held = s.held[1:]
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
	if n := len(s.held); n > 0 && s.held[n-1].page == b.page { // it follows: many small reads are one slice
		before := &s.held[n-1]
		before.b, before.last = before.b[:len(before.b)+len(b.b)], b.last
		b.page.release()
		return
	}
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
	switch {
	case s.run == nil:
	case s.start == 0:
		s.grown = s.crc
	default:
		s.grown = s.sum(s.grown, s.start, p)
	}
	if s.w.Digest != nil {
		s.w.Digest.Hash.Write(p)
	}
	if s.repr != nil {
		s.repr.Write(p)
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
