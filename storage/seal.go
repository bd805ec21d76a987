package storage

import (
	"context"

	"cameo/storage/fault/point"
)

// sealed is a stretch of bytes on its way from arrived to committed.
type sealed struct {
	from, to int64
	put      Extent
	inline   int64 // where the inline tail starts afterwards
	crc      uint64
	head     []byte
	hashed   []byte        // state of the declared SHA-256 at to; nil: none is declared
	done     chan struct{} // closed when the bytes are durable, or err says why not
	err      error
}

// sealEarly seals before the body's end, after a while. A body that declared a checksum is kept as a whole or
// not at all, so its runs wait.
func (s *session) sealEarly(ctx context.Context) error {
	if s.at == s.from || s.w.Digest != nil {
		return nil
	}
	if s.fitsInline() {
		return s.sealInline()
	}
	return s.sealRun(ctx)
}

// relieve seals because others wait for this session's place. A body that declared a checksum cannot refuse:
// its runs are stored, and committed later.
func (s *session) relieve(ctx context.Context) error {
	switch {
	case !s.in.placed.Load():
		return nil // it was sealed meanwhile
	case s.at == s.from:
		s.in.leave()() // nothing has come yet, or it is on its way: then there is a place for it later
		return nil
	case s.fitsInline() && s.w.Digest == nil:
		return s.sealInline()
	}
	return s.sealRun(ctx)
}

// sealLast seals what is left when no more bytes will come.
func (s *session) sealLast(ctx context.Context) error {
	switch {
	case s.at == s.from && (s.at != s.u.Length || s.tail == s.at): // else an inline tail completes the upload
		return nil
	case s.fitsInline():
		return s.sealInline()
	}
	return s.sealRun(ctx)
}

// conclude declares, at the end of a body that is the end of the upload too, that all bytes are there: the
// commit that adds the last ones completes the upload.
func (s *session) conclude() {
	if s.w.Ends && s.u.Length == Unknown && s.at > 0 && (s.w.Digest == nil || s.w.Digest.holds()) {
		s.w.Length, s.u.Length = s.at, s.at
	}
}

// fitsInline says whether the bytes since the last seal may ride in the row. A complete upload keeps none
// there.
func (s *session) fitsInline() bool {
	shape := s.e.Blobs.Shape()
	return shape.Gather > 0 && s.at != s.u.Length && s.at-s.tail < shape.Gather &&
		s.at-s.from <= min(shape.Inline, s.e.Limits.Inline)
}

// sealInline makes the bytes since the last seal part of the next commit. Those copies are outside of the
// budget, so only so many sessions make one at once; they wait for the ledger and the store, never for
// memory.
func (s *session) sealInline() error {
	if !s.small {
		s.e.inlines <- struct{}{}
		s.small = true
	}
	b := make([]byte, 0, s.at-s.from)
	for _, p := range s.held {
		b = append(b, p.b...)
	}
	q := s.enqueue(Extent{Off: s.from, Len: s.at - s.from, CRC: s.part, Inline: b}, s.tail)
	s.e.tails.add(s.kept, q.from, b)
	releaseAll(s.held)
	s.held = nil
	s.in.leave()()
	close(q.done)
	return nil
}

// leaveInline gives back the place for inline seals, if the session has one.
func (s *session) leaveInline() {
	if s.small {
		s.small = false
		<-s.e.inlines
	}
}

// sealRun hands the bytes since the last seal to the store. With Gather they become, after the inline tail,
// one run of their own, stored in the background; else what was written through is synced here, and the
// extent is the whole run so far: a row for each request would cost more than the request's bytes.
func (s *session) sealRun(ctx context.Context) error {
	if s.e.Blobs.Shape().Gather == 0 {
		if err := s.flush(ctx); err != nil {
			return err
		}
		q := s.enqueue(Extent{Off: s.start, Len: s.at - s.start, CRC: s.grown, Blob: s.name}, s.at)
		q.err = s.sync(ctx, s.run)
		close(q.done)
		return q.err
	}
	return s.gather(ctx)
}

// open begins a run whose first byte is at offset start.
func (s *session) open(ctx context.Context, start int64) (err error) {
	if err := s.own(ctx); err != nil {
		return err
	}
	s.name, s.start, s.grown = RunName(s.u.Key, s.u.Epoch, s.runs, s.e.Node), start, s.part
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
		from: s.from, to: s.at, put: x, inline: inline, crc: s.crc, head: s.head, hashed: s.hashState(),
		done: make(chan struct{}),
	}
	s.queue = append(s.queue, q)
	s.from, s.tail, s.part = s.at, inline, 0
	return q
}
