package s3

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage"
	"cameo/storage/fault"
)

// The shape: a run is one request, and what is smaller than inline costs the ledger less than that.
const (
	gather   = 16 << 20
	inline   = 1 << 20
	parallel = 4
)

// Store is a storage.Blobs in a bucket. Any number of processes may use the bucket at once.
type Store struct {
	config      Config
	client      *s3.Client
	bucket      string
	prefix      string // of all keys: empty, or ending in a slash
	random      io.Reader
	checksums   Checksums // never Auto once the store is open
	conditional bool      // the store refuses to replace an object when it is asked to
	oneByOne    atomic.Bool
	ailing      atomic.Bool // it did not answer a moment ago
	probeKey    string      // of this Store's probes; one that is left by a failure, the next one deletes
	probing     sync.Mutex  // Check's
	proven      atomic.Bool // a probe went well lately, and no request has failed since
}

var _ storage.Blobs = (*Store)(nil)

// Open finds out what the store can do: it puts, reads, lists and deletes a probe. Invalid: the configuration
// is wrong, or what it names, such as the bucket or the credentials; Unavailable: the store does not answer.
// The message is one sentence that says which.
func Open(ctx context.Context, c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Random == nil {
		return nil, fault.New(fault.Internal, "the S3 store needs a source of randomness")
	}
	client, err := newClient(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &Store{config: c, client: client, bucket: c.Bucket, random: c.Random, checksums: c.Checksums}
	if c.Prefix != "" {
		s.prefix = c.Prefix + "/"
	}
	if err := s.haveCredentials(ctx); err != nil {
		return nil, err
	}
	if err := s.nameProbes(); err != nil {
		return nil, err
	}
	if err := s.probe(ctx); err != nil {
		return nil, asSettings(err)
	}
	return s, nil
}

// haveCredentials looks for them now, so that their absence is told as such.
func (s *Store) haveCredentials(ctx context.Context) error {
	w := newWatch(ctx, patience(0))
	defer w.end()
	if _, err := s.client.Options().Credentials.Retrieve(w.ctx); err != nil {
		return fault.Wrap(err, fault.Invalid, "there are no credentials for the S3 store: "+
			"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return nil
}

// Shape is that of a store to which a run goes as one request.
func (s *Store) Shape() storage.Shape {
	return storage.Shape{Gather: gather, Inline: inline, Parallel: parallel}
}

// Checksums tells by what each put is checked: what the configuration asks for, or what Auto found.
func (s *Store) Checksums() Checksums { return s.checksums }

// Conditional tells whether the store itself refuses a name that was used. Without that, names are unique
// only because the Engine makes them so.
func (s *Store) Conditional() bool { return s.conditional }

func (s *Store) key(name storage.Name) string { return s.prefix + string(name) }

// draw is a random byte, or a fair one if there is no randomness.
func (s *Store) draw() byte {
	b := [1]byte{128}
	_, _ = io.ReadFull(s.random, b[:])
	return b[0]
}
