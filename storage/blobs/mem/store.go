package mem

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cameo/storage"
	"cameo/storage/fault"
)

// Counts are the requests made so far, failed ones included, and the bytes of the Puts that succeeded.
type Counts struct {
	Puts    int64 // Syncs
	Gets    int64 // Opens
	Deletes int64 // calls, not names
	Lists   int64
	Written int64 // bytes
}

// Store is a storage.Blobs in memory.
type Store struct {
	// Fault, if it is set before the first use, is asked before each operation (create, write, sync, open,
	// delete, list or check). Its error is the operation's answer; to delay one, it returns late. Delete and
	// List ask once a call, Delete with its first name and List with its prefix.
	Fault func(op string, name storage.Name) error

	shape  storage.Shape
	mu     sync.Mutex
	blobs  map[storage.Name][]byte // what was synced
	counts Counts
	probes int
}

var _ storage.Blobs = (*Store)(nil)

// New returns an empty store of a shape.
func New(shape storage.Shape) *Store {
	return &Store{shape: shape, blobs: map[storage.Name][]byte{}}
}

// Shape is what New was given.
func (s *Store) Shape() storage.Shape { return s.shape }

// Counts tells what was asked of the store.
func (s *Store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// begin is what each operation does first: its context, the test's Fault, then its count. The mutex is not
// held.
func (s *Store) begin(ctx context.Context, op string, name storage.Name) error {
	s.mu.Lock()
	switch op {
	case "sync":
		s.counts.Puts++
	case "open":
		s.counts.Gets++
	case "delete":
		s.counts.Deletes++
	case "list":
		s.counts.Lists++
	}
	s.mu.Unlock()
	if s.Fault != nil {
		if err := s.Fault(op, name); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the request was given up")
	}
	return nil
}

// Open reads bytes that were synced.
func (s *Store) Open(ctx context.Context, name storage.Name, off, n int64) (io.ReadCloser, error) {
	if _, _, err := name.Split(); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, "open", name); err != nil {
		return nil, err
	}
	if off < 0 || n < 0 {
		return nil, fault.New(fault.Internal, "a negative range of a blob")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	blob, ok := s.blobs[name]
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no such blob")
	}
	if n > int64(len(blob))-off {
		return nil, fault.New(fault.Corrupt, "a blob is shorter than what was written")
	}
	return io.NopCloser(bytes.NewReader(blob[off : off+n])), nil // bytes below len(blob) never change
}

// Delete removes blobs.
func (s *Store) Delete(ctx context.Context, names ...storage.Name) error {
	for _, name := range names {
		if _, _, err := name.Split(); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return nil
	}
	if err := s.begin(ctx, "delete", names[0]); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.blobs, name)
	}
	return nil
}

// List returns names in byte order.
func (s *Store) List(ctx context.Context, under, after storage.Name, n int) ([]storage.Name, error) {
	if err := s.begin(ctx, "list", under); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names := slices.Sorted(maps.Keys(s.blobs))
	names = slices.DeleteFunc(names, func(name storage.Name) bool {
		return name <= after || !strings.HasPrefix(string(name), string(under))
	})
	return names[:min(len(names), max(n, 0))], nil
}

// Check does what the real stores do, on a probe of its own.
func (s *Store) Check(ctx context.Context) error {
	s.mu.Lock()
	s.probes++
	probe := storage.Name("0000000000probe/" + strconv.Itoa(s.probes))
	s.mu.Unlock()
	if err := s.begin(ctx, "check", probe); err != nil {
		return err
	}
	r, err := s.Create(ctx, probe)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Write(ctx, []byte("probe")); err != nil {
		return err
	}
	if err := r.Sync(ctx); err != nil {
		return err
	}
	body, err := s.Open(ctx, probe, 0, int64(len("probe")))
	if err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	return s.Delete(ctx, probe)
}
