package blobstest

import (
	"context"
	"io"
	"sync"

	"cameo/storage"
	"cameo/storage/fault"
)

// Op is a kind of operation on a store.
type Op string

// The operations. Read is of what Open returned.
const (
	Create Op = "create"
	Write  Op = "write"
	Sync   Op = "sync"
	Open   Op = "open"
	Read   Op = "read"
	Delete Op = "delete"
	List   Op = "list"
	Check  Op = "check"
)

// Fault is what happens to one operation.
type Fault struct {
	Op    Op
	Nth   int   // counted from 1 over all operations of the kind
	Err   error // its answer; nil: Unavailable, or with Stall whatever the store answers
	Stall bool  // first it waits for the end of its context, which is an error then, or for Release
	Done  bool  // the store carries it out all the same, and only its answer is lost
}

// Failing is a store in which planned operations fail or stall. The others are the inner store's.
type Failing struct {
	inner    storage.Blobs
	mu       sync.Mutex
	faults   []Fault
	count    map[Op]int
	stalled  chan Op
	released chan struct{}
	release  func()
}

var _ storage.Blobs = (*Failing)(nil)

// NewFailing plans faults for a store.
func NewFailing(inner storage.Blobs, faults ...Fault) *Failing {
	f := &Failing{inner: inner, faults: faults, count: map[Op]int{}}
	f.stalled, f.released = make(chan Op, 64), make(chan struct{})
	f.release = sync.OnceFunc(func() { close(f.released) })
	return f
}

// Plan adds a fault.
func (f *Failing) Plan(x Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, x)
}

// Count tells how many operations of a kind have begun.
func (f *Failing) Count(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count[op]
}

// Stalled gives each operation that begins to stall.
func (f *Failing) Stalled() <-chan Op { return f.stalled }

// Release lets what stalls go on, and what will stall go through. Calling it twice is safe.
func (f *Failing) Release() { f.release() }

// do carries an operation out as planned.
func (f *Failing) do(ctx context.Context, op Op, inner func() error) error {
	x, planned := f.next(op)
	if !planned {
		return inner()
	}
	if x.Stall {
		select {
		case f.stalled <- op:
		default: // nobody listens
		}
		select {
		case <-f.released:
		case <-ctx.Done():
			return fault.Wrap(ctx.Err(), fault.Unavailable, "the store does not answer")
		}
	}
	switch {
	case x.Err == nil && x.Stall && !x.Done:
		return inner()
	case x.Err == nil:
		x.Err = fault.New(fault.Unavailable, "the store does not answer")
	}
	if x.Done {
		if err := inner(); err != nil {
			return err
		}
	}
	return x.Err
}

func (f *Failing) next(op Op) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[op]++
	for _, x := range f.faults {
		if x.Op == op && x.Nth == f.count[op] {
			return x, true
		}
	}
	return Fault{}, false
}

// Shape is the inner store's.
func (f *Failing) Shape() storage.Shape { return f.inner.Shape() }

// Create fails as planned; its run does too.
func (f *Failing) Create(ctx context.Context, name storage.Name) (storage.Run, error) {
	var r storage.Run
	err := f.do(ctx, Create, func() (err error) {
		r, err = f.inner.Create(ctx, name)
		return err
	})
	switch {
	case err == nil:
		return &failingRun{store: f, inner: r}, nil
	case r != nil:
		r.Close()
	}
	return nil, err
}

// Open fails as planned; reading what it returns does too.
func (f *Failing) Open(ctx context.Context, name storage.Name, off, n int64) (io.ReadCloser, error) {
	var body io.ReadCloser
	err := f.do(ctx, Open, func() (err error) {
		body, err = f.inner.Open(ctx, name, off, n)
		return err
	})
	switch {
	case err == nil:
		return &failingBody{ReadCloser: body, store: f, ctx: ctx}, nil
	case body != nil:
		body.Close()
	}
	return nil, err
}

// Delete fails as planned.
func (f *Failing) Delete(ctx context.Context, names ...storage.Name) error {
	return f.do(ctx, Delete, func() error { return f.inner.Delete(ctx, names...) })
}

// List fails as planned.
func (f *Failing) List(ctx context.Context, under, after storage.Name, n int) ([]storage.Name, error) {
	var names []storage.Name
	err := f.do(ctx, List, func() (err error) {
		names, err = f.inner.List(ctx, under, after, n)
		return err
	})
	return names, err
}

// Check fails as planned.
func (f *Failing) Check(ctx context.Context) error {
	return f.do(ctx, Check, func() error { return f.inner.Check(ctx) })
}

// failingRun is over after the first error, as the contract has it.
type failingRun struct {
	store  *Failing
	inner  storage.Run
	failed error
}

func (r *failingRun) Write(ctx context.Context, pages ...[]byte) error {
	if r.failed == nil {
		r.failed = r.store.do(ctx, Write, func() error { return r.inner.Write(ctx, pages...) })
	}
	return r.failed
}

func (r *failingRun) Sync(ctx context.Context) error {
	if r.failed == nil {
		r.failed = r.store.do(ctx, Sync, func() error { return r.inner.Sync(ctx) })
	}
	return r.failed
}

func (r *failingRun) Close() error { return r.inner.Close() }

type failingBody struct {
	io.ReadCloser
	store *Failing
	ctx   context.Context // Open's: a Read has none of its own
}

func (b *failingBody) Read(p []byte) (n int, err error) {
	err = b.store.do(b.ctx, Read, func() (err error) {
		n, err = b.ReadCloser.Read(p)
		return err
	})
	return n, err
}
