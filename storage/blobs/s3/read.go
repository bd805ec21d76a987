package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage"
	"cameo/storage/fault"
)

var (
	errOther = errors.New("an object with other bytes has the name")
	errRange = errors.New("the store answers with another range than was asked for")
)

// Open asks for a range of an object. What is too short is Corrupt here already.
func (s *Store) Open(ctx context.Context, name storage.Name, off, n int64) (io.ReadCloser, error) {
	if _, _, err := name.Split(); err != nil {
		return nil, err
	}
	switch {
	case off < 0 || n < 0:
		return nil, fault.New(fault.Internal, "a negative range of a blob")
	case n > math.MaxInt64-off:
		return nil, trouble{outside, errRange}.fault()
	}
	r := &reader{ctx: ctx, store: s, key: s.key(name), off: off, left: n}
	if n == 0 { // a range cannot say so
		return r, hidden(s.hasBytes(ctx, r.key, off))
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// hasBytes says whether an object is there and has off bytes at least.
func (s *Store) hasBytes(ctx context.Context, key string, off int64) error {
	return s.do(ctx, func(w *watch) error {
		defer w.end()
		head, err := s.client.HeadObject(w.ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
		switch {
		case isMissing(err):
			return because(missing, err)
		case err == nil && aws.ToInt64(head.ContentLength) < off:
			return because(outside, errRange)
		}
		return err
	})
}

// reader is a range of an object. A connection that breaks is replaced by one that goes on from there.
type reader struct {
	ctx   context.Context //nolint:containedctx // Open's: a Read has none of its own
	store *Store
	key   string
	off   int64 // of the next byte
	left  int64
	again int // connections that broke

	body io.ReadCloser // nil before open and after Close
	w    *watch        // of body
}

const reopenings = 3

// open asks for what is left.
func (r *reader) open() error {
	s := r.store
	return hidden(s.do(r.ctx, func(w *watch) error {
		out, err := s.client.GetObject(w.ctx, &s3.GetObjectInput{
			Bucket: &s.bucket, Key: &r.key, Range: aws.String(fmt.Sprintf("bytes=%d-%d", r.off, r.off+r.left-1)),
		})
		if err == nil {
			if err = r.judge(out); err == nil {
				w.rest()
				r.body, r.w = out.Body, w
				return nil
			}
			out.Body.Close()
		}
		w.end()
		return err
	}))
}

// judge holds the answer against the range that was asked for.
func (r *reader) judge(out *s3.GetObjectOutput) error {
	var first, last, size int64
	_, err := fmt.Sscanf(aws.ToString(out.ContentRange), "bytes %d-%d/%d", &first, &last, &size)
	if err != nil { // the whole object: a store may answer so when that is what the range is
		first, last, size = 0, aws.ToInt64(out.ContentLength)-1, aws.ToInt64(out.ContentLength)
	}
	want := r.off + r.left - 1
	switch {
	case first == r.off && last == want && aws.ToInt64(out.ContentLength) == r.left:
		return nil
	case size <= want:
		return because(outside, errRange)
	}
	return because(notS3, errRange)
}

func (r *reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	for {
		if r.body == nil {
			return 0, fault.New(fault.Internal, "the reader is closed")
		}
		r.w.alive()
		n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
		r.w.rest()
		r.off, r.left = r.off+int64(n), r.left-int64(n)
		if n > 0 || err == nil {
			return n, nil // an error comes again with the next Read
		}
		if err := r.resume(err); err != nil {
			return 0, err
		}
	}
}

// resume replaces a connection that broke.
func (r *reader) resume(err error) error {
	t := trouble{down, err}
	if r.w.stalled() {
		t.reason = silent
	}
	_ = r.Close()
	if err := ended(r.ctx); err != nil {
		return err
	}
	if r.again++; r.again > reopenings {
		return hidden(t.fault())
	}
	return r.open()
}

func (r *reader) Close() error {
	if r.body == nil {
		return nil
	}
	r.w.end()
	r.body.Close()
	r.body = nil
	return nil
}
