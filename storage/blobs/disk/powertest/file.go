package powertest

import (
	"io"
	"io/fs"
	"os"
	"syscall"
)

// sector is what a disk writes as a whole, in bytes.
const sector = 512

// inode is a file, or the mark that a name is a folder: its names stand in FS.dirs.
type inode struct {
	folder        bool
	seen, durable []byte
	dirty         map[int]bool // sectors of seen that were written since the last Datasync
}

func newFile() *inode { return &inode{dirty: map[int]bool{}} }

func (n *inode) write(p []byte, off int64) {
	if grown := int(off) + len(p) - len(n.seen); grown > 0 {
		n.seen = append(n.seen, make([]byte, grown)...)
	}
	copy(n.seen[off:], p)
	for s := int(off) / sector; s*sector < int(off)+len(p); s++ {
		n.dirty[s] = true
	}
}

// flush brings the dirty sectors and the size to the disk. Sectors that a failed Datasync called clean stay
// what they were there.
func (n *inode) flush() {
	n.durable = append(n.durable, make([]byte, len(n.seen)-len(n.durable))...)
	for s := range n.dirty {
		copy(n.durable[s*sector:], n.seen[s*sector:min((s+1)*sector, len(n.seen))])
	}
	clear(n.dirty)
}

// file is an open inode.
type file struct {
	fs     *FS
	path   string
	node   *inode
	closed bool
}

// begin is FS.begin on a file that is open.
func (f *file) begin(op Op) error {
	if f.closed {
		return &fs.PathError{Op: string(op), Path: f.path, Err: os.ErrClosed}
	}
	return f.fs.begin(op, f.path)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.begin(Read); err != nil {
		return 0, err
	}
	if off >= int64(len(f.node.seen)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.seen[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt on a full disk writes what there is room for, as a real one does.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.begin(Write); err != nil {
		return 0, err
	}
	n := int(min(int64(len(p)), f.fs.plan.room))
	f.node.write(p[:n], off)
	f.fs.plan.room -= int64(n)
	if n < len(p) {
		return n, &fs.PathError{Op: "write", Path: f.path, Err: syscall.ENOSPC}
	}
	return n, nil
}

// Datasync that fails calls clean what it did not write.
func (f *file) Datasync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.begin(Datasync); err != nil {
		if !f.fs.plan.isCut() {
			clear(f.node.dirty)
		}
		return err
	}
	f.node.flush()
	return nil
}

func (f *file) Size() (int64, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return int64(len(f.node.seen)), nil
}

// Truncate cuts what is seen; on the disk the file is as it was until the next Datasync.
func (f *file) Truncate(n int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if !f.fs.plan.isCut() {
		f.node.seen = f.node.seen[:n]
	}
	return nil
}

// Close closes even when it fails, as a real one does.
func (f *file) Close() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	err := f.begin(Close)
	f.closed = true
	return err
}
