package disk

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"

	"cameo/storage"
	"cameo/storage/fault"
)

// folder is what this process knows of a directory. The zero value with a path is one that nothing is known
// of.
type folder struct {
	path   string
	linked atomic.Bool // its own entry in DIR is durable
	broken atomic.Bool // an fsync of it failed
	sync   sync.Mutex  // held during an fsync, so that none begins between a failure and broken
}

// folder returns the one of two characters.
func (s *Store) folder(name string) *folder {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.folders[name]
	if f == nil {
		f = &folder{path: filepath.Join(s.dir, name)}
		s.folders[name] = f
	}
	return f
}

// link makes a new file's entry in its folder durable and, the first time, the folder's in DIR.
func (s *Store) link(f *folder) error {
	if err := s.syncDir(f); err != nil {
		return err
	}
	if f.linked.Load() {
		return nil
	}
	if err := s.syncDir(&s.root); err != nil {
		return err
	}
	f.linked.Store(true)
	return nil
}

// syncDir syncs a directory unless that failed before: a second try might succeed without having written
// the entries that the first one lost.
func (s *Store) syncDir(f *folder) error {
	if s.noSync {
		return nil
	}
	f.sync.Lock()
	defer f.sync.Unlock()
	if f.broken.Load() {
		return untrusted()
	}
	if err := s.fs.SyncDir(f.path); err != nil {
		if op, ok := errors.AsType[*fs.PathError](err); !ok || op.Op != "open" { // that loses nothing
			f.broken.Store(true)
		}
		return failure(err)
	}
	return nil
}

func (s *Store) anyBroken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.folders {
		if f.broken.Load() {
			return true
		}
	}
	return s.root.broken.Load()
}

func untrusted() error {
	return fault.New(fault.Unavailable, "the disk failed to keep a directory; it is used again after a restart")
}

func isFolder(name string) bool { return len(name) == 2 && storage.IsBase62(name) }

// locate returns the folder and the path of a blob. Split lets only base62, '-' and one slash through, so a
// path cannot lead out of DIR.
func (s *Store) locate(name storage.Name) (*folder, string, error) {
	id, leaf, err := name.Split()
	if err != nil {
		return nil, "", err
	}
	f := s.folder(id[:2])
	return f, filepath.Join(f.path, id+"."+leaf), nil
}
