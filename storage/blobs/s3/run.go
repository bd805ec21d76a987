package s3

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/fault/point"
)

// run is a blob while its pages are gathered.
type run struct {
	store  *Store
	name   storage.Name
	pages  [][]byte // the caller's own
	size   int64
	failed error // all that Write and Sync answer from then on
}

// Create asks nothing of the store: a name that was used is found out by Sync.
func (s *Store) Create(ctx context.Context, name storage.Name) (storage.Run, error) {
	if _, _, err := name.Split(); err != nil {
		return nil, err
	}
	if err := ended(ctx); err != nil {
		return nil, err
	}
	return &run{store: s, name: name}, nil
}

func (r *run) Write(ctx context.Context, pages ...[]byte) error {
	if r.failed == nil {
		r.failed = ended(ctx)
	}
	if r.failed != nil {
		return r.failed
	}
	for _, page := range pages {
		if len(page) == 0 {
			continue
		}
		if r.size += int64(len(page)); r.size > gather {
			r.failed = fault.New(fault.Internal, "more bytes than a run gathers")
			return r.failed
		}
		r.pages = append(r.pages, page)
	}
	return nil
}

// Sync puts the object. Nothing reads the pages any more when it returns.
func (r *run) Sync(ctx context.Context) error {
	if r.failed != nil {
		return r.failed
	}
	point.Here("s3.gathered")
	err := r.store.put(ctx, r.store.key(r.name), r.pages, r.size)
	point.Here("s3.put")
	r.pages = nil
	if r.failed = err; err == nil {
		r.failed = over()
	}
	return err
}

func (r *run) Close() error {
	r.pages, r.failed = nil, over()
	return nil
}

func over() error { return fault.New(fault.Internal, "the run is over") }
