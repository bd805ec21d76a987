package s3

import (
	"context"
	"hash/crc32"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/minio/crc64nvme"

	"cameo/storage"
	"cameo/storage/fault"
)

// probe settles what the store can do, with an object that is deleted afterwards: by which checksum it holds
// a put to its bytes, and whether it refuses to replace an object. It lists too: a store that refuses that
// would never be swept, and nobody would notice.
func (s *Store) probe(ctx context.Context) error {
	page := []byte(probeText)
	o := object{
		key: s.probeKey, pages: [][]byte{page}, size: int64(len(page)), overwrites: true,
		crc64:  crc64nvme.Checksum(page),
		crc32c: crc32.Checksum(page, crc32.MakeTable(crc32.Castagnoli)),
	}
	err := s.choose(ctx, o)
	if err == nil {
		err = s.tryCondition(ctx, o)
	}
	if err == nil {
		err = s.readProbe(ctx)
	}
	if err != nil {
		return err
	}
	made, err := s.probes(ctx)
	if err == nil {
		s.clearProbes(ctx, made)
	}
	if left := s.deleteOne(ctx, s.probeKey); err == nil {
		err = left
	}
	return err
}

// The keys of probes begin with probePrefix, as no blob's does. One that is older than staleProbe is
// nobody's: no process takes so long between a put and the delete.
const (
	probePrefix = ".probe-"
	staleProbe  = time.Hour
)

// nameProbes draws a key that no other Store has for its probes.
func (s *Store) nameProbes() error {
	name, err := storage.DrawBase62(s.random, 12)
	s.probeKey = s.prefix + probePrefix + name
	return err
}

// probes are the keys of all probes that are there, and when each was put.
func (s *Store) probes(ctx context.Context) (made map[string]time.Time, err error) {
	made = map[string]time.Time{}
	err = s.do(ctx, func(w *watch) error {
		defer w.end()
		in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String(s.prefix + probePrefix)}
		out, err := s.client.ListObjectsV2(w.ctx, in)
		if err != nil {
			return err
		}
		for _, o := range out.Contents {
			made[aws.ToString(o.Key)] = aws.ToTime(o.LastModified)
		}
		return nil
	})
	return made, err
}

// clearProbes deletes the probes of processes that died in the midst of one. Their age is told by the
// store's own clock: that of this Store's probe, which was put just now, is the present. What stays is small,
// and the next start finds it.
func (s *Store) clearProbes(ctx context.Context, made map[string]time.Time) {
	present, ok := made[s.probeKey]
	if !ok {
		return
	}
	for key, then := range made {
		if present.Sub(then) > staleProbe {
			_ = s.deleteOne(ctx, key)
		}
	}
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
