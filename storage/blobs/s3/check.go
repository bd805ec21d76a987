package s3

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage"
	"cameo/storage/fault"
)

// probeText is what a probe holds.
const probeText = "cameo writes this to see whether the store works\n"

// Check puts, reads and deletes a probe, and deletes those that earlier checks could not. Its message says in
// one sentence what is wrong.
func (s *Store) Check(ctx context.Context) error {
	key, err := s.probeKey()
	if err != nil {
		return err
	}
	if err := s.send(ctx, s.object(key, [][]byte{[]byte(probeText)}, int64(len(probeText)))); err != nil {
		s.leave(key) // a store that did not answer may have stored it, or do so when it wakes up
		return err
	}
	err = s.readProbe(ctx, key)
	keys := append(s.takeLeft(), key)
	if left := s.delete(ctx, keys); left != nil {
		s.leave(keys...)
		err = cmp.Or(err, left)
	}
	return err
}

// mostLeft is how many probes are remembered of a store that fails for long.
const mostLeft = 100

// leave remembers probes that are to be deleted by a check that succeeds.
func (s *Store) leave(keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, keys...)
	s.left = s.left[max(0, len(s.left)-mostLeft):]
}

func (s *Store) takeLeft() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := s.left
	s.left = nil
	return keys
}

// readProbe finds out a server that says yes to everything and keeps nothing.
func (s *Store) readProbe(ctx context.Context, key string) error {
	got, err := s.fetch(ctx, key, int64(len(probeText)))
	if err == nil && string(got) != probeText {
		err = trouble{notS3, errors.New("the store returns other bytes than were put")}.fault()
	}
	return err
}

// Mark gives the store a deployment's id unless it has one, and returns the id that it has then.
func (s *Store) Mark(ctx context.Context, id string) (stands string, err error) {
	const longest = 1 << 10
	key := s.prefix + "deployment"
	got, err := s.fetch(ctx, key, longest)
	if fault.Is(err, fault.NotFound) {
		err = s.send(ctx, s.object(key, [][]byte{[]byte(id)}, int64(len(id))))
		if err == nil || fault.Is(err, fault.Exists) {
			got, err = s.fetch(ctx, key, longest)
		}
	}
	if err != nil {
		return "", asSettings(err)
	}
	return string(bytes.TrimSpace(got)), nil
}

// probeKey is a key that no other probe has, and no blob.
func (s *Store) probeKey() (string, error) {
	name, err := storage.DrawBase62(s.random, 12)
	return s.prefix + ".probe-" + name, err
}

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
