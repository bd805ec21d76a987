package storage

import (
	"context"

	"github.com/minio/crc64nvme"

	"cameo/storage/fault"
)

// gather stores the inline tail and the held pages as one run.
func (s *session) gather(ctx context.Context) error {
	start, crc := s.from, s.part
	var pages [][]byte
	free, stored := func() {}, func() {}
	if s.tail < s.from {
		var err error
		if pages, free, stored, err = s.takeTail(ctx); err != nil {
			return err
		}
		start, crc = s.tail, 0
	}
	for _, p := range s.held {
		pages = append(pages, p.b)
	}
	if start < s.from {
		for _, b := range pages {
			crc = crc64nvme.Update(crc, b)
		}
	}
	if err := s.open(ctx, start); err != nil {
		stored()
		free()
		return err
	}
	run, held := s.run, s.held
	s.run, s.held = nil, nil
	q := s.enqueue(Extent{Off: start, Len: s.at - start, CRC: crc, Blob: s.name}, s.at)
	leave := s.in.leave()
	whole := start == 0 && s.at == s.u.Length
	done := func() {
		releaseAll(held)
		free()
	}
	go func() {
		defer leave()
		defer close(q.done)
		defer stored()
		defer run.Close()
		if q.err = run.Write(ctx, pages...); q.err == nil {
			q.err = s.sync(ctx, run)
		}
		if q.err == nil && whole {
			s.whole = &keepsake{id: s.w.ID, pages: pages, free: done}
			return
		}
		done()
	}()
	return nil
}

// takeTail returns the inline tail, from memory or else from the rows; what gives its room back, when its
// bytes are needed no more; and what gives back the place for reading, when they are stored: they may be kept
// longer than others should wait.
func (s *session) takeTail(ctx context.Context) (pieces [][]byte, free, stored func(), err error) {
	if err := s.commitAll(ctx); err != nil { // rows are replaced that must be there
		return nil, nil, nil, err
	}
	e := s.e
	if t := s.kept; t.from == s.tail && t.to == s.from {
		s.kept = &tail{id: t.id, from: t.to, to: t.to}
		return t.pieces, func() { e.tails.drop(t) }, func() {}, nil
	}
	e.reading <- struct{}{} // holders of a place wait for the store only, never for memory
	b, err := s.readTail(ctx)
	if err != nil {
		<-e.reading
		return nil, nil, nil, err
	}
	return [][]byte{b}, func() {}, func() { <-e.reading }, nil
}

// readTail reads the inline tail from the ledger.
func (s *session) readTail(ctx context.Context) ([]byte, error) {
	xs, err := s.e.Ledger.Extents(ctx, s.u.ID, s.tail, s.from)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, s.from-s.tail)
	for _, x := range xs {
		b = append(b, x.Inline...)
	}
	if int64(len(b)) != s.from-s.tail {
		return nil, s.tailLost(ctx)
	}
	return b, nil
}

// tailLost says why the inline tail is not in the rows: a newer writer made a run of it, or it is damaged.
func (s *session) tailLost(ctx context.Context) error {
	u, err := s.e.Ledger.Find(ctx, s.u.ID)
	switch {
	case err != nil:
		return err
	case u.Epoch != s.u.Epoch:
		return superseded()
	}
	return fault.New(fault.Corrupt, "the upload's kept tail is damaged")
}
