package powertest

import (
	"io/fs"
	"math"
	"syscall"
)

// Op is a kind of call that may be made to fail.
type Op string

// The calls. Open includes making a file.
const (
	Open     Op = "open"
	Mkdir    Op = "mkdir"
	Remove   Op = "remove"
	ReadDir  Op = "readdir"
	SyncDir  Op = "syncdir"
	Read     Op = "read"
	Write    Op = "write"
	Datasync Op = "datasync"
	Close    Op = "close"
)

// plan is what will go wrong.
type plan struct {
	op   Op
	in   int // the call of kind op that fails, counted down to 0; below: none
	err  error
	cut  int   // calls of any kind until all fail
	room int64 // bytes that may still be written
}

// isCut says that the power is off: calls fail because they never reach the disk, which loses nothing by
// them.
func (p plan) isCut() bool { return p.cut <= 0 }

func unlimited() plan { return plan{cut: math.MaxInt, room: math.MaxInt64} }

// Fail lets the n-th call of a kind from now on fail once, counted from 1, for example with syscall.EIO.
func (f *FS) Fail(op Op, n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan.op, f.plan.in, f.plan.err = op, n, err
}

// Cut lets n more calls pass and every later one fail with EIO: the place of a Crash that comes in the
// midst of things.
func (f *FS) Cut(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan.cut = n
}

// Room leaves room for n more bytes. Writes beyond them end in ENOSPC.
func (f *FS) Room(n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan.room = n
}

// Count tells how many calls of a kind there were.
func (f *FS) Count(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count[op]
}

// begin counts a call and returns the error it must fail with, as package os would word it. The caller
// holds the mutex.
func (f *FS) begin(op Op, path string) error {
	f.count[op]++
	if f.plan.isCut() {
		return &fs.PathError{Op: string(op), Path: path, Err: syscall.EIO}
	}
	f.plan.cut--
	if op != f.plan.op {
		return nil
	}
	if f.plan.in--; f.plan.in != 0 {
		return nil
	}
	return &fs.PathError{Op: string(op), Path: path, Err: f.plan.err}
}
