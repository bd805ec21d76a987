package powertest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"cameo/storage/blobs/disk"
)

// FS is a disk.FS. Its paths begin with "/", which is there from the start. It may be used by many
// goroutines.
type FS struct {
	mu    sync.Mutex
	dirs  map[string]*dir
	plan  plan
	count map[Op]int
}

var _ disk.FS = (*FS)(nil)

// dir is a directory: its names as they are seen, and as they are on the disk.
type dir struct {
	seen, durable map[string]*inode
	pending       map[string]bool // names that came or went since the last SyncDir
}

// New returns an empty file system on a disk without limits or faults.
func New() *FS {
	return &FS{dirs: map[string]*dir{"/": newDir()}, plan: unlimited(), count: map[Op]int{}}
}

func newDir() *dir {
	return &dir{seen: map[string]*inode{}, durable: map[string]*inode{}, pending: map[string]bool{}}
}

func (d *dir) set(name string, n *inode) {
	if n == nil {
		delete(d.seen, name)
	} else {
		d.seen[name] = n
	}
	d.pending[name] = true
}

// find returns the directory of a path and the node of its last name, nil when there is none.
func (f *FS) find(op, path string) (*dir, string, *inode, error) {
	d := f.dirs[filepath.Dir(path)]
	if d == nil {
		return nil, "", nil, &fs.PathError{Op: op, Path: path, Err: syscall.ENOENT}
	}
	name := filepath.Base(path)
	return d, name, d.seen[name], nil
}

// OpenFile is disk.FS's. A new file's name is seen at once, and durable after SyncDir.
func (f *FS) OpenFile(path string, flag int) (disk.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(Open, path); err != nil {
		return nil, err
	}
	d, name, n, err := f.find("open", path)
	switch {
	case err != nil:
		return nil, err
	case n == nil && flag&os.O_CREATE == 0:
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOENT}
	case n != nil && flag&os.O_EXCL != 0:
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.EEXIST}
	case n != nil && n.folder:
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case n == nil:
		n = newFile()
		d.set(name, n)
	}
	return &file{fs: f, path: path, node: n}, nil
}

// Mkdir is disk.FS's.
func (f *FS) Mkdir(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(Mkdir, path); err != nil {
		return err
	}
	d, name, n, err := f.find("mkdir", path)
	if err != nil {
		return err
	}
	if n != nil || path == "/" {
		return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.EEXIST}
	}
	d.set(name, &inode{folder: true})
	f.dirs[path] = newDir()
	return nil
}

// Remove is disk.FS's, for files. Who has one open goes on reading it.
func (f *FS) Remove(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(Remove, path); err != nil {
		return err
	}
	d, name, n, err := f.find("remove", path)
	switch {
	case err != nil:
		return err
	case n == nil:
		return &fs.PathError{Op: "remove", Path: path, Err: syscall.ENOENT}
	case n.folder:
		return &fs.PathError{Op: "remove", Path: path, Err: syscall.EISDIR}
	}
	d.set(name, nil)
	return nil
}

// ReadDir is disk.FS's.
func (f *FS) ReadDir(path string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(ReadDir, path); err != nil {
		return nil, err
	}
	d := f.dirs[path]
	if d == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOENT}
	}
	return slices.Collect(maps.Keys(d.seen)), nil
}

// SyncDir is disk.FS's. One that fails drops what was pending: the next one does not write it.
func (f *FS) SyncDir(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.dirs[path]
	if d == nil {
		return &fs.PathError{Op: "open", Path: path, Err: syscall.ENOENT}
	}
	if err := f.begin(SyncDir, path); err != nil {
		if !f.plan.isCut() {
			clear(d.pending)
		}
		return err
	}
	for name := range d.pending {
		d.write(name)
	}
	clear(d.pending)
	return nil
}

// write brings one name to the disk as it is seen.
func (d *dir) write(name string) {
	if n := d.seen[name]; n != nil {
		d.durable[name] = n
	} else {
		delete(d.durable, name)
	}
}

// Free is disk.FS's.
func (f *FS) Free(string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.plan.room, nil
}
