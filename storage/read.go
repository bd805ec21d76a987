package storage

import (
	"context"
	"errors"
	"io"

	"github.com/minio/crc64nvme"

	"cameo/storage/fault"
)

// Open reads n bytes of a Complete upload from off on. Each extent that is read as a whole is held against
// its checksum before its last bytes are handed out: damaged bytes end in Corrupt, never in a full answer.
// A small upload that was stored a moment ago is read from memory. The caller closes.
func (e *Engine) Open(ctx context.Context, u Upload, off, n int64) (io.ReadCloser, error) {
	if u.State != Complete {
		return nil, fault.New(fault.Conflict, "the upload is not complete")
	}
	if off < 0 || n < 0 || off+n > u.Length {
		return nil, &BeyondError{Length: u.Length, End: off + n}
	}
	if r := e.recent.open(u.ID, off, n); r != nil {
		return r, nil
	}
	xs, err := e.Ledger.Extents(ctx, u.ID, off, off+n)
	if err != nil {
		return nil, err
	}
	return &reader{ctx: ctx, blobs: e.Blobs, extents: xs, at: off, end: off + n}, nil
}

// reader walks extents.
type reader struct {
	ctx     context.Context //nolint:containedctx // an io.Reader has no other way to end with its request
	blobs   Blobs
	extents []Extent
	at, end int64
	open    io.ReadCloser // of extents[0]; nil between extents
	crc     uint64
	whole   bool // extents[0] is read from its first byte to its last
}

func (r *reader) Read(p []byte) (int, error) {
	if r.at == r.end {
		return 0, io.EOF
	}
	if r.open == nil {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	x := r.extents[0]
	stop := min(x.End(), r.end)
	n, err := r.open.Read(p[:min(int64(len(p)), stop-r.at)])
	r.crc = crc64nvme.Update(r.crc, p[:n])
	r.at += int64(n)
	if r.at < stop {
		if errors.Is(err, io.EOF) {
			err = fault.New(fault.Corrupt, "stored bytes are missing")
		}
		return n, err
	}
	if r.whole && r.crc != x.CRC {
		r.at -= int64(n)
		return 0, fault.New(fault.Corrupt, "stored bytes are damaged")
	}
	r.extents = r.extents[1:]
	err = r.open.Close()
	r.open = nil
	return n, err
}

// next opens the extent in which r.at lies.
func (r *reader) next() error {
	if len(r.extents) == 0 || r.extents[0].Off > r.at || r.extents[0].End() <= r.at {
		return fault.New(fault.Corrupt, "stored bytes are missing")
	}
	x := r.extents[0]
	r.crc, r.whole = 0, r.at == x.Off && x.End() <= r.end
	if x.Blob == "" {
		return fault.New(fault.Corrupt, "a complete upload keeps bytes inline")
	}
	var err error
	r.open, err = r.blobs.Open(r.ctx, x.Blob, x.At+r.at-x.Off, min(x.End(), r.end)-r.at)
	if fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, fault.Corrupt, "stored bytes are missing")
	}
	return err
}

// Close frees what is open.
func (r *reader) Close() error {
	r.at = r.end
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}
