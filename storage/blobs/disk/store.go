package disk

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// Config says where the blobs lie.
type Config struct {
	Dir     string        // is made, with its parents, when it is missing
	FS      FS            // nil: the machine's
	Reserve int64         // bytes of the disk that Create leaves to others, such as the database; 0: none
	Stall   time.Duration // how long a Sync waits for the disk, which shows no progress; 0: 30 s
	NoSync  bool          // acknowledges what a power cut loses; for the bench alone, no flag leads here
}

// Store is a storage.Blobs of files in a directory. Any number of processes may use the directory at once.
type Store struct {
	dir     string
	fs      FS
	reserve int64
	stall   time.Duration
	noSync  bool
	root    folder // dir itself

	mu      sync.Mutex
	folders map[string]*folder // by their two characters
}

var _ storage.Blobs = (*Store)(nil)

// Open returns the store of a directory, which it makes if need be. Invalid: the configuration makes no
// sense; else Full or Unavailable, as the disk answers.
func Open(cfg Config) (*Store, error) {
	if cfg.Dir == "" || cfg.Reserve < 0 || cfg.Stall < 0 {
		return nil, fault.New(fault.Invalid, "the disk store needs a directory, and nothing that is negative")
	}
	if cfg.Stall == 0 {
		cfg.Stall = 30 * time.Second
	}
	if cfg.FS == nil {
		cfg.FS = Machine()
	}
	dir := filepath.Clean(cfg.Dir)
	s := &Store{
		dir: dir, fs: cfg.FS, reserve: cfg.Reserve, stall: cfg.Stall, noSync: cfg.NoSync,
		folders: map[string]*folder{},
	}
	s.root.path = dir
	if err := s.makeDir(dir); err != nil {
		return nil, err
	}
	if err := s.trustFolders(); err != nil {
		return nil, err
	}
	return s, nil
}

// makeDir makes a directory and its missing parents, each of them durable.
func (s *Store) makeDir(dir string) error {
	err := s.fs.Mkdir(dir)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	parent := filepath.Dir(dir)
	if errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err := s.makeDir(parent); err != nil {
			return err
		}
		err = s.fs.Mkdir(dir)
	}
	if err != nil {
		return failure(err)
	}
	return s.syncDir(&folder{path: parent})
}

// trustFolders marks the folders that are there as durable. That they can be seen does not prove it: a
// process that was killed may have made DIR or a folder and not come to the fsync. So DIR is synced once
// after it was read, and its parent too, unless that may not be read: then it was not this program that
// made DIR.
func (s *Store) trustFolders() error {
	names, err := s.fs.ReadDir(s.dir)
	if err != nil {
		return failure(err)
	}
	if err := s.syncDir(&s.root); err != nil {
		return err
	}
	parent := folder{path: filepath.Dir(s.dir)}
	if err := s.syncDir(&parent); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for _, name := range names {
		if isFolder(name) {
			s.folder(name).linked.Store(true)
		}
	}
	return nil
}

// Shape is that of a store to which pages go through at once.
func (s *Store) Shape() storage.Shape { return storage.Shape{Gather: 0, Inline: 0, Parallel: 1} }

// Free tells how many bytes may still be written to the disk.
func (s *Store) Free() (int64, error) {
	n, err := s.fs.Free(s.dir)
	if err != nil {
		return 0, failure(err)
	}
	return n, nil
}

// hasRoom is Full when less than the reserve is free. A system that cannot tell is believed to have room.
func (s *Store) hasRoom() error {
	if s.reserve == 0 {
		return nil
	}
	free, err := s.fs.Free(s.dir)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	case err != nil:
		return failure(err)
	case free < s.reserve:
		return fault.New(fault.Full, "the disk has no room")
	}
	return nil
}

// Check writes, syncs, reads and deletes a file beside the folders. It fails too when less than the reserve
// is free, and when a directory could not be synced since the start: the runs of that directory are refused
// until the next one.
//
// Two processes may check at once: both write the same bytes to the same file, and each reads what it has
// open.
func (s *Store) Check(ctx context.Context) error {
	if err := ended(ctx); err != nil {
		return err
	}
	if err := s.hasRoom(); err != nil {
		return err
	}
	if s.anyBroken() {
		return untrusted()
	}
	probe := filepath.Join(s.dir, ".probe")
	f, err := s.fs.OpenFile(probe, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return failure(err)
	}
	err = errors.Join(s.tryOut(f), f.Close(), s.syncDir(&s.root))
	if gone := s.fs.Remove(probe); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	if err != nil {
		return failure(err)
	}
	return nil
}

func (s *Store) tryOut(f File) error {
	want := []byte("cameo writes this to see whether the disk works\n")
	if _, err := f.WriteAt(want, 0); err != nil {
		return err
	}
	if !s.noSync {
		if err := f.Datasync(); err != nil {
			return err
		}
	}
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 0); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("the disk returns other bytes than were written")
	}
	return nil
}
