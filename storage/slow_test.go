package storage_test

import (
	"context"
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
