package s3

import (
	"context"
	"hash/crc32"

	"github.com/minio/crc64nvme"

	"cameo/storage/fault"
)

// probe settles what the store can do, with an object that is deleted afterwards: by which checksum it holds
// a put to its bytes, and whether it refuses to replace an object.
func (s *Store) probe(ctx context.Context) error {
	key, err := s.probeKey()
	if err != nil {
		return err
	}
	page := []byte(probeText)
	o := object{
		key: key, pages: [][]byte{page}, size: int64(len(page)), overwrites: true,
		crc64:  crc64nvme.Checksum(page),
		crc32c: crc32.Checksum(page, crc32.MakeTable(crc32.Castagnoli)),
	}
	err = s.choose(ctx, o)
	if err == nil {
		err = s.tryCondition(ctx, o)
	}
	if err == nil {
		err = s.readProbe(ctx, key)
	}
	if err != nil {
		return err
	}
	return s.deleteOne(ctx, key)
}

// choose finds the checksum. What the configuration names is held to.
func (s *Store) choose(ctx context.Context, o object) error {
	if s.checksums != "" && s.checksums != Auto {
		o.checksums = s.checksums
		return s.send(ctx, o)
	}
	for _, o.checksums = range []Checksums{CRC64NVME, CRC32C} {
		holds, err := s.holdsTo(ctx, o)
		if err != nil {
			return err
		}
		if holds {
			s.checksums = o.checksums
			return nil
		}
	}
	o.checksums, s.checksums = None, None
	return s.send(ctx, o)
}

// holdsTo says whether the store takes a checksum that is right, and refuses one that is wrong.
func (s *Store) holdsTo(ctx context.Context, o object) (bool, error) {
	err := s.send(ctx, o)
	if isUnknown(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	o.crc64, o.crc32c = ^o.crc64, ^o.crc32c
	err = s.sendWrong(ctx, o)
	switch {
	case err == nil:
		return false, nil // ignored
	case isUnknown(err):
		return true, nil
	}
	return false, err
}

// sendWrong expects to be refused, so there is one attempt.
func (s *Store) sendWrong(ctx context.Context, o object) error {
	w := newWatch(ctx, patience(0))
	defer w.end()
	if err := s.putOnce(w, o); err != nil {
		return w.explain(err).fault()
	}
	return nil
}

// tryCondition puts the probe once more: a store that knows the condition refuses.
func (s *Store) tryCondition(ctx context.Context, o object) error {
	o.checksums, o.overwrites = s.checksums, false
	err := s.send(ctx, o)
	switch {
	case fault.Is(err, fault.Exists):
		s.conditional = true
	case err != nil && !isUnknown(err):
		return err
	}
	return nil
}

// isUnknown says that the store refuses a request for what it asks, not for who asks or where.
func isUnknown(err error) bool {
	switch reasonOf(err) {
	case damaged, noFeature, odd:
		return true
	}
	return false
}
