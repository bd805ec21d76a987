package storage

import (
	"context"

	"github.com/minio/crc64nvme"

	"cameo/storage/fault"
	"cameo/storage/fault/point"
)

// sealed is a stretch of bytes on its way from arrived to committed.
type sealed struct {
	from, to int64
	put      Extent
	inline   int64 // where the inline tail starts afterwards
	crc      uint64
	head     []byte
	done     chan struct{} // closed when the bytes are durable, or err says why not
	err      error
}

// sealEarly seals before the body's end: after a while, or because memory is short. A body that declared a
// checksum is kept as a whole or not at all, so its runs wait.
func (s *session) sealEarly(ctx context.Context) error {
	if s.at == s.from || s.w.Digest != nil {
		return nil
	}
	if s.fitsInline() {
		return s.sealInline()
	}
	return s.sealRun(ctx)
}

// relieve seals because memory is short, which a body that declared a checksum cannot refuse: its runs are
// stored and committed later.
func (s *session) relieve(ctx context.Context) error {
	if s.w.Digest != nil && s.at > s.from {
		return s.sealRun(ctx)
	}
	return s.sealEarly(ctx)
}

// sealLast seals what is left when no more bytes will come.
func (s *session) sealLast(ctx context.Context) error {
	switch {
	case s.at == s.from:
		return nil
	case s.fitsInline():
		return s.sealInline()
	}
	return s.sealRun(ctx)
}

// fitsInline says whether the bytes since the last seal may ride in the row. A complete upload keeps none
// there.
func (s *session) fitsInline() bool {
	shape := s.e.Blobs.Shape()
	return shape.Gather > 0 && s.at != s.u.Length && s.at-s.tail < shape.Gather &&
		s.at-s.from <= min(shape.Inline, s.e.Limits.Inline)
}

func (s *session) sealInline() error {
	b := make([]byte, 0, s.at-s.from)
	for _, p := range s.held {
		b = append(b, p.b...)
	}
	q := s.enqueue(Extent{Off: s.from, Len: s.at - s.from, CRC: s.part, Inline: b}, s.tail)
	releaseAll(s.held)
	s.held = nil
	close(q.done)
	return nil
}

// sealRun hands the bytes since the last seal to the store. With Gather they become, after the inline tail,
// one run of their own, stored in the background; else what was written through is synced here.
func (s *session) sealRun(ctx context.Context) error {
	if s.e.Blobs.Shape().Gather == 0 {
		if err := s.flush(ctx); err != nil {
			return err
		}
		x := Extent{Off: s.from, Len: s.at - s.from, CRC: s.part, Blob: s.name, At: s.from - s.start}
		q := s.enqueue(x, s.at)
		q.err = s.sync(ctx, s.run)
		close(q.done)
		return q.err
	}
	return s.gather(ctx)
}

// gather stores the inline tail and the held pages as one run.
func (s *session) gather(ctx context.Context) error {
	start, crc := s.from, s.part
	pages := make([][]byte, 0, len(s.held)+1)
	free := func() {}
	if s.tail < s.from {
		if err := s.commitAll(ctx); err != nil { // the tail is read from the rows: it must be there
			return err
		}
		e := s.e
		e.tails <- struct{}{} // holders of a place wait for the store only, never for memory
		free = func() { <-e.tails }
		b, err := s.readTail(ctx)
		if err != nil {
			free()
			return err
		}
		start, crc, pages = s.tail, crc64nvme.Checksum(b), append(pages, b)
		for _, p := range s.held {
			crc = crc64nvme.Update(crc, p.b)
		}
	}
	for _, p := range s.held {
		pages = append(pages, p.b)
	}
	if err := s.open(ctx, start); err != nil {
		free()
		return err
	}
	run, held := s.run, s.held
	s.run, s.held = nil, nil
	q := s.enqueue(Extent{Off: start, Len: s.at - start, CRC: crc, Blob: s.name}, s.at)
	go func() {
		defer close(q.done)
		defer free()
		defer releaseAll(held)
		defer run.Close()
		if q.err = run.Write(ctx, pages...); q.err == nil {
			q.err = s.sync(ctx, run)
		}
	}()
	return nil
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

// open begins a run whose first byte is at offset start.
func (s *session) open(ctx context.Context, start int64) (err error) {
	s.name, s.start = RunName(s.u.Key, s.u.Epoch, s.runs, s.e.Node), start
	s.runs++
	if s.run, err = s.e.Blobs.Create(ctx, s.name); err != nil {
		s.run = nil
		return err
	}
	s.loose = append(s.loose, s.name)
	return nil
}

func (s *session) sync(ctx context.Context, run Run) error {
	err := run.Sync(ctx) // the store ends it when it stalls; how long a slow one may take is nobody's to say
	point.Here("run.synced")
	return err
}

func (s *session) enqueue(x Extent, inline int64) *sealed {
	q := &sealed{
		from: s.from, to: s.at, put: x, inline: inline, crc: s.crc, head: s.head, done: make(chan struct{}),
	}
	s.queue = append(s.queue, q)
	s.from, s.tail, s.part = s.at, inline, 0
	return q
}
