package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage/fault"
)

// probeText is what a probe holds.
const probeText = "cameo writes this to see whether the store works\n"

// provenFor is how long a probe that went well speaks for the store.
const provenFor = time.Minute

// Check puts, reads and deletes a probe. That costs three requests, and Check is called every few seconds:
// while the last probe speaks for the store it only reads the deployment's mark. The message says in one
// sentence what is wrong.
func (s *Store) Check(ctx context.Context) error {
	s.probing.Lock()
	defer s.probing.Unlock()
	if s.proven.Load() {
		_, err := s.fetch(ctx, s.markKey(), 1)
		if !fault.Is(err, fault.NotFound) { // what else is missing with the mark, the probe finds out
			return err
		}
	}
	o := s.object(s.probeKey, [][]byte{[]byte(probeText)}, int64(len(probeText)))
	o.overwrites = true // one may have been left
	if err := s.send(ctx, o); err != nil {
		return err
	}
	err := s.readProbe(ctx)
	if left := s.deleteOne(ctx, s.probeKey); err == nil {
		err = left
	}
	if err == nil {
		s.proven.Store(true)
		time.AfterFunc(provenFor, func() { s.proven.Store(false) })
	}
	return err
}

// readProbe finds out a server that says yes to everything and keeps nothing.
func (s *Store) readProbe(ctx context.Context) error {
	got, err := s.fetch(ctx, s.probeKey, int64(len(probeText)))
	if err == nil && string(got) != probeText {
		err = trouble{notS3, errors.New("the store returns other bytes than were put")}.fault()
	}
	return err
}

// Mark gives the store a deployment's id unless it has one, and returns the id that it has then.
func (s *Store) Mark(ctx context.Context, id string) (stands string, err error) {
	if stands, err = s.Marked(ctx); err != nil || stands != "" {
		return stands, err
	}
	err = s.send(ctx, s.object(s.markKey(), [][]byte{[]byte(id)}, int64(len(id))))
	if err != nil && !fault.Is(err, fault.Exists) {
		return "", asSettings(err)
	}
	return s.Marked(ctx)
}

// Marked returns the id that the store has, "" when it has none.
func (s *Store) Marked(ctx context.Context) (string, error) {
	const longest = 1 << 10
	got, err := s.fetch(ctx, s.markKey(), longest)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", asSettings(err)
	}
	return string(bytes.TrimSpace(got)), nil
}

// markKey is the key of the deployment's mark.
func (s *Store) markKey() string { return s.prefix + "deployment" }

// send is one put, without a look at what an attempt of unknown outcome left.
func (s *Store) send(ctx context.Context, o object) error {
	return s.do(ctx, func(w *watch) error {
		defer w.end()
		return s.putOnce(w, o)
	})
}

// fetch reads a small object, and of a larger one the first n bytes.
func (s *Store) fetch(ctx context.Context, key string, n int64) ([]byte, error) {
	var got []byte
	err := s.do(ctx, func(w *watch) error {
		defer w.end()
		out, err := s.client.GetObject(w.ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
		if err != nil {
			return err
		}
		defer out.Body.Close()
		got, err = io.ReadAll(io.LimitReader(out.Body, n))
		return err
	})
	return got, err
}
