package mem

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
)

// run is a blob while it is written, in either shape.
type run struct {
	store  *Store
	name   storage.Name
	pages  [][]byte // since the last Sync; with Gather the caller's own
	size   int64    // bytes of pages
	failed error    // all that Write and Sync answer from then on
}

// Create reserves the name on a store shaped like a disk, and does nothing on one shaped like S3.
func (s *Store) Create(ctx context.Context, name storage.Name) (storage.Run, error) {
	if _, _, err := name.Split(); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, "create", name); err != nil {
		return nil, err
	}
	if s.shape.Gather == 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := s.blobs[name]; ok {
			return nil, exists()
		}
		s.blobs[name] = []byte{}
	}
	return &run{store: s, name: name}, nil
}

func (r *run) Write(ctx context.Context, pages ...[]byte) error {
	if r.failed != nil {
		return r.failed
	}
	if r.failed = r.store.begin(ctx, "write", r.name); r.failed != nil {
		return r.failed
	}
	gather := r.store.shape.Gather
	for _, page := range pages {
		r.size += int64(len(page))
		if gather == 0 {
			page = append([]byte(nil), page...)
		} else if r.size > gather {
			r.failed = fault.New(fault.Internal, "more bytes than a run gathers")
			return r.failed
		}
		r.pages = append(r.pages, page)
	}
	return nil
}

func (r *run) Sync(ctx context.Context) error {
	if r.failed != nil {
		return r.failed
	}
	if r.failed = r.store.begin(ctx, "sync", r.name); r.failed != nil {
		return r.failed
	}
	err := r.publish()
	if r.failed = err; err == nil && r.store.shape.Gather > 0 {
		r.failed = over()
	}
	return err
}

// publish appends to the blob of a disk, or stores the object of S3. Like a file that was removed while it
// was open, a blob that was deleted meanwhile does not come back.
func (r *run) publish() error {
	s := r.store
	s.mu.Lock()
	defer s.mu.Unlock()
	blob, taken := s.blobs[r.name]
	if taken && s.shape.Gather > 0 {
		return exists()
	}
	if !taken && s.shape.Gather == 0 {
		return nil
	}
	for _, page := range r.pages {
		blob = append(blob, page...)
	}
	s.blobs[r.name] = blob
	s.counts.Written += r.size
	r.pages, r.size = nil, 0
	return nil
}

func (r *run) Close() error {
	r.pages = nil
	r.failed = over()
	return nil
}

func exists() error { return fault.New(fault.Exists, "a blob of that name exists") }

func over() error { return fault.New(fault.Internal, "the run is over") }
