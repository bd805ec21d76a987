package storage

import (
	"bytes"
	"cmp"
	"context"

	"cameo/storage/fault"
)

// Append adds the bytes of one request. It returns the upload as it stands afterwards, also beside an error
// as far as it is known.
//
// Order: look, check, stop the local writer, claim, read, store, sync, commit, answer. A request that is
// wrong from the start fences nobody. Of a body that is cut or stalls, what arrived is kept. An exact repeat
// of the last committed request changes nothing and is no error. An upload that has all bytes of the Length
// that is declared is Complete, and judged, by that.
func (e *Engine) Append(ctx context.Context, w Write) (Upload, error) {
	u, err := w.Seen, error(nil)
	if u.Key == "" || w.repeats(u) || w.check(u) != nil {
		u, err = e.row(ctx, w.ID)
	}
	if err != nil {
		return u, err
	}
	if w.repeats(u) {
		return u, e.compare(w, u)
	}
	if err := cmp.Or(w.check(u), e.checkSize(w, u)); err != nil || w.Len == 0 && w.Length == 0 {
		return u, err
	}
	e.preempt(w.ID)
	u, c, err := e.claim(ctx, w, u)
	if err != nil {
		return u, err
	}
	s, err := e.begin(u, w, c)
	if err != nil {
		c.close()
		return u, err
	}
	u, err = s.write(context.WithoutCancel(ctx))
	if fault.Is(err, fault.Superseded) {
		u = e.latest(context.WithoutCancel(ctx), u)
	}
	return u, err
}

// claim makes this request the upload's only writer: under the claim that an earlier request has left, if it
// is still good, or under a new one. One that will ride in the row claims when it commits.
func (e *Engine) claim(ctx context.Context, w Write, u Upload) (Upload, *claim, error) {
	if e.rides(w, u) {
		u.Writer = ""
		return u, &claim{u: u}, nil
	}
	if c := e.claims.take(w.ID); c != nil {
		// The offset too: a request that ended meanwhile has left the claim further on.
		if c.u.Epoch == u.Epoch && c.u.Offset == u.Offset {
			return u, c, nil
		}
		c.close()
	}
	claimed, err := e.Ledger.Claim(ctx, w.ID, w.At, e.Node, e.Clock())
	if err != nil {
		return e.latest(ctx, u), nil, err
	}
	return claimed, &claim{u: claimed}, nil
}

// rides says whether all bytes of a write may ride in the row: then it makes no run, and one transaction is
// all that it takes.
func (e *Engine) rides(w Write, u Upload) bool {
	shape, end := e.Blobs.Shape(), w.At+w.Len
	return shape.Gather > 0 && end != u.Length && end-u.Inline < shape.Gather &&
		w.Len <= min(shape.Inline, e.Limits.Inline) &&
		w.Length == 0 && u.SHA256 == nil // the commit changes nothing but bytes
}

// check judges a request against the upload that it means to continue.
func (w Write) check(u Upload) error {
	switch {
	case u.State != Active:
		return u.Closed()
	case w.Total != Unknown && u.Length != Unknown && w.Total != u.Length:
		return fault.New(fault.Malformed, "the upload has %d bytes, the range says %d", u.Length, w.Total).
			About("Content-Range")
	case w.At != u.Offset:
		return &OffsetError{Have: u.Offset, Got: w.At}
	case u.Length != Unknown && w.At+w.Len > u.Length:
		return &BeyondError{Length: u.Length, End: w.At + w.Len}
	case w.Length != 0 && u.Length != Unknown:
		return fault.New(fault.Malformed, "the upload has %d bytes; that cannot be declared again", u.Length)
	case w.Length != 0 && w.Length < max(u.Offset, 1):
		return fault.New(fault.Malformed, "the upload has received %d bytes already", u.Offset)
	}
	return nil
}

// checkSize bounds an upload whose length is not known, or declared just now.
func (e *Engine) checkSize(w Write, u Upload) error {
	if u.Length == Unknown && max(w.At+w.Len, w.Length) > e.Limits.MaxSize {
		return fault.New(fault.TooLarge, "an upload has at most %d bytes", e.Limits.MaxSize)
	}
	return nil
}

// repeats says whether w is, by its range, the last committed request once more.
func (w Write) repeats(u Upload) bool {
	return w.Len > 0 && (u.State == Active || u.State == Complete) &&
		(w.Total == Unknown || w.Total == u.Length) &&
		u.Last.From == w.At && u.Last.To == w.At+w.Len && u.Last.To == u.Offset
}

// latest reads the row again for the caller's headers; what was known stays if that fails.
func (e *Engine) latest(ctx context.Context, u Upload) Upload {
	if now, err := e.Ledger.Find(ctx, u.ID); err == nil {
		return now
	}
	return u
}

func (d *Digest) holds() bool { return bytes.Equal(d.Hash.Sum(nil), d.Want) }

func errDigest() error {
	return fault.New(fault.Mismatch, "the body does not have the declared checksum; nothing of it was kept")
}
