package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/fault/point"
)

// run is a file while it is written.
type run struct {
	store  *Store
	folder *folder
	file   File
	size   int64
	synced int64 // size at the last good Sync
	linked bool  // the file's name is durable
	failed error // the first error, or that the run is closed: all that Write and Sync answer from then on
	closed bool
}

// Create opens a new file. A blob of that name is Exists.
func (s *Store) Create(ctx context.Context, name storage.Name) (storage.Run, error) {
	folder, path, err := s.locate(name)
	if err != nil {
		return nil, err
	}
	if err := ended(ctx); err != nil {
		return nil, err
	}
	if folder.broken.Load() {
		return nil, untrusted()
	}
	if err := s.hasRoom(); err != nil {
		return nil, err
	}
	file, err := s.create(folder, path)
	if err != nil {
		return nil, failure(err)
	}
	return &run{store: s, folder: folder, file: file}, nil
}

// create makes the folder only after the file was refused for want of it: it is there nearly always.
func (s *Store) create(folder *folder, path string) (File, error) {
	const anew = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	file, err := s.fs.OpenFile(path, anew)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	folder.linked.Store(false)
	if err := s.fs.Mkdir(folder.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return s.fs.OpenFile(path, anew)
}

func (r *run) Write(ctx context.Context, pages ...[]byte) error {
	if r.failed == nil {
		r.failed = ended(ctx)
	}
	for _, page := range pages {
		if r.failed != nil {
			break
		}
		n, err := r.file.WriteAt(page, r.size)
		r.size += int64(n)
		if err != nil {
			r.failed = failure(err)
		}
	}
	return r.failed
}

// Sync is given up when the disk has not answered for long. The file is then closed by whoever still waits
// for the disk, and what the disk says at last is not believed.
func (r *run) Sync(ctx context.Context) error {
	if r.failed == nil {
		r.failed = ended(ctx)
	}
	if r.failed != nil {
		return r.failed
	}
	done := make(chan error, 1)
	go func() { done <- r.keep(r.linked) }()
	hung := time.NewTimer(r.store.stall)
	defer hung.Stop()
	select {
	case r.failed = <-done:
	case <-hung.C:
		r.closed = true
		r.failed = fault.New(fault.Unavailable, "the disk does not answer in time")
		go func() {
			late := <-done
			_ = errors.Join(late, r.file.Close())
		}()
	}
	if r.failed == nil {
		r.linked, r.synced = true, r.size
	}
	return r.failed
}

// keep makes the bytes durable first, then the name. A crash between leaves a file without a name, or one
// that no row mentions.
func (r *run) keep(linked bool) error {
	point.Here("disk.written")
	if err := r.datasync(); err != nil {
		return err
	}
	point.Here("disk.synced")
	if linked {
		return nil
	}
	return r.store.link(r.folder)
}

func (r *run) datasync() error {
	if r.store.noSync {
		return nil
	}
	if err := r.file.Datasync(); err != nil {
		return failure(err)
	}
	return nil
}

func (r *run) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if r.failed == nil {
		r.failed = fault.New(fault.Internal, "the run is closed")
	}
	// What came after the last Sync was refused, and no row will mention it: it only takes room. A run that was
	// never synced is deleted as a whole.
	var cut error
	if r.synced > 0 && r.size > r.synced {
		cut = r.file.Truncate(r.synced)
	}
	if err := errors.Join(cut, r.file.Close()); err != nil {
		return failure(err)
	}
	return nil
}
