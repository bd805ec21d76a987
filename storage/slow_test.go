package storage_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/blobs/mem"
	"cameo/storage/fault"
)

// slowStore takes a while for each Sync, and gives up when it is told to.
type slowStore struct {
	storage.Blobs
	takes time.Duration
}

type slowRun struct {
	storage.Run
	takes time.Duration
}

func (s slowStore) Create(ctx context.Context, name storage.Name) (storage.Run, error) {
	r, err := s.Blobs.Create(ctx, name)
	return slowRun{r, s.takes}, err
}

func (r slowRun) Sync(ctx context.Context) error {
	select {
	case <-time.After(r.takes):
		return r.Run.Sync(ctx)
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "the engine gave the sync up")
	}
}

// A store that is slow and does not stall is waited for, longer than for any commit (R12).
func TestASlowStoreIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, shape := range map[string]storage.Shape{"disk": diskShape, "s3": s3Shape} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const limit = time.Second
			h := newHouseOver(t, slowStore{mem.New(shape), limit * 3 / 2})
			h.limits.Commit = limit
			e, data := h.node("a"), photo(size)
			id := h.create(e, size)
			if u, err := put(e, id, 0, data); err != nil || u.State != storage.Complete {
				t.Fatalf("got %v, %v, want a complete upload", u.State, err)
			}
			same(t, h.read(e, id), data)
		})
	}
}

// lateStore answers no Sync, and carries it out long after.
type lateStore struct {
	storage.Blobs
	mu   sync.Mutex
	late []storage.Run
}

type lateRun struct {
	storage.Run
	store *lateStore
}

func (s *lateStore) Create(ctx context.Context, name storage.Name) (storage.Run, error) {
	r, err := s.Blobs.Create(ctx, name)
	return lateRun{r, s}, err
}

func (r lateRun) Sync(context.Context) error {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	r.store.late = append(r.store.late, r.Run)
	return fault.New(fault.Unavailable, "the store does not answer")
}

func (lateRun) Close() error { return nil }

// A store that froze may carry out a put after the engine has deleted what it put: the sweep finds that.
func TestALatePutIsSwept(t *testing.T) {
	t.Parallel()
	store := &lateStore{Blobs: mem.New(s3Shape)}
	h := newHouseOver(t, store)
	e := h.node("a")
	id := h.create(e, size)
	if _, err := put(e, id, 0, photo(size)); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v, want Unavailable", err)
	}
	for _, r := range store.late {
		if err := r.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.orphans(id); len(got) == 0 {
		t.Fatal("nothing came late")
	}
	mustSweep(t, e)
	h.wantNoOrphans(id)
}
