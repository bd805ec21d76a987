package storage_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/blobs/mem"
	"cameo/storage/fault"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// The two shapes of stores, S3's scaled down by 1024: what is a MiB there is a KiB here.
var (
	diskShape = storage.Shape{Gather: 0, Inline: 0, Parallel: 1}
	s3Shape   = storage.Shape{Gather: 16 << 10, Inline: 1 << 10, Parallel: 4}
)

const (
	owner     = storage.Subject("jane")
	community = storage.Community(1)
)

// house is engines over one ledger and one store, with a clock of its own.
type house struct {
	t      *testing.T
	db     *sqldb.DB
	ledger *ledger.Ledger
	blobs  storage.Blobs
	mem    *mem.Store // nil when blobs is another store
	now    atomic.Int64
	limits storage.Limits
	judge  storage.Judge
	mu     sync.Mutex
	faults map[string]error // by operation, each for once
}

// failNext makes the store's next operation of that kind fail.
func (h *house) failNext(op string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults[op] = err
}

func (h *house) takeFault(op string, _ storage.Name) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.faults[op]
	delete(h.faults, op)
	return err
}

func newHouse(t *testing.T, shape storage.Shape) *house {
	t.Helper()
	return newHouseIn(t, sqltest.SQLite(t), shape)
}

func newHouseIn(t *testing.T, db *sqldb.DB, shape storage.Shape) *house {
	t.Helper()
	m := mem.New(shape)
	h := newHouseOf(t, db, m)
	h.mem = m
	m.Fault = h.takeFault
	return h
}

func newHouseOver(t *testing.T, blobs storage.Blobs) *house {
	t.Helper()
	return newHouseOf(t, sqltest.SQLite(t), blobs)
}

func newHouseOf(t *testing.T, db *sqldb.DB, blobs storage.Blobs) *house {
	t.Helper()
	h := &house{t: t, db: db, ledger: ledger.New(db), blobs: blobs, faults: map[string]error{}}
	h.limits = storage.DefaultLimits()
	h.now.Store(1_700_000_000_000)
	return h
}

func (h *house) clock() storage.Millis { return storage.Millis(h.now.Load()) }

func (h *house) pass(d time.Duration) { h.now.Add(d.Milliseconds()) }

// node is a new engine, as another process over the same database and store would have.
func (h *house) node(name string) *storage.Engine { return h.nodeOver(h.ledger, name) }

// nodeOver is node with a ledger of its own over the same database.
func (h *house) nodeOver(l *ledger.Ledger, name string) *storage.Engine {
	return storage.NewEngine(storage.Config{
		Ledger: l, Trash: l, Blobs: h.blobs, Node: name,
		Clock: h.clock, Random: rand.Reader, Limits: h.limits, Judge: h.judge,
	})
}

// busy says that a request writes to the upload, or that a node which should have given it up has not. A
// streaming store's node keeps its claim for the upload's next request.
func (h *house) busy(u storage.Upload) bool { return u.Writer != "" && h.blobs.Shape().Gather > 0 }

func (h *house) create(e *storage.Engine, size int64) storage.ID {
	h.t.Helper()
	u, err := e.Create(h.t.Context(), storage.New{
		Community: community, Owner: owner, Length: size, Type: "image/png", Name: "me.png",
	})
	if err != nil {
		h.t.Fatalf("create: %v", err)
	}
	return u.ID
}

// read returns the bytes of a complete upload.
func (h *house) read(e *storage.Engine, id storage.ID) []byte {
	h.t.Helper()
	u, err := e.Find(bg, id)
	if err != nil {
		h.t.Fatalf("find: %v", err)
	}
	r, err := e.Open(bg, u, 0, u.Length)
	if err != nil {
		h.t.Fatalf("open: %v", err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		h.t.Fatalf("read: %v", err)
	}
	return b
}

// orphans lists the blobs of an upload that no row mentions.
func (h *house) orphans(id storage.ID) []storage.Name {
	h.t.Helper()
	names, err := h.blobs.List(bg, storage.Under(string(id.Key)), "", 100_000)
	if err != nil {
		h.t.Fatalf("list: %v", err)
	}
	used := map[storage.Name]bool{}
	xs, err := h.ledger.Extents(bg, id, 0, 1<<40)
	if err != nil && !fault.Is(err, fault.NotFound) {
		h.t.Fatalf("extents: %v", err)
	}
	for _, x := range xs {
		used[x.Blob] = true
	}
	var out []storage.Name
	for _, n := range names {
		if !used[n] {
			out = append(out, n)
		}
	}
	return out
}

func (h *house) wantNoOrphans(id storage.ID) {
	h.t.Helper()
	if left := h.orphans(id); len(left) > 0 {
		h.t.Errorf("blobs that no row mentions were left: %v", left)
	}
}

// body is a request's body under the test's control: it gives its bytes, then ends, is cut, or says nothing
// any more.
type body struct {
	data  []byte
	then  error         // after the bytes; nil: silence until interrupted
	piece int           // bytes a read at most; 0: as many as fit
	pause func()        // before each read
	stop  chan struct{} // closed by Interrupt
	once  sync.Once
}

var errInterrupted = errors.New("interrupted")

func whole(b []byte) *body { return &body{data: b, then: io.EOF, stop: make(chan struct{})} }

func cut(b []byte) *body { return &body{data: b, then: io.ErrUnexpectedEOF, stop: make(chan struct{})} }

func silent(b []byte) *body { return &body{data: b, stop: make(chan struct{})} }

func (b *body) Interrupt() { b.once.Do(func() { close(b.stop) }) }

func (b *body) Read(p []byte) (int, error) {
	if b.pause != nil {
		b.pause()
	}
	select {
	case <-b.stop:
		return 0, errInterrupted
	default:
	}
	if len(b.data) == 0 {
		if b.then == nil {
			<-b.stop
			return 0, errInterrupted
		}
		return 0, b.then
	}
	if b.piece > 0 && len(p) > b.piece {
		p = p[:b.piece]
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

// photo is n bytes that no two offsets share by accident.
func photo(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func same(t *testing.T, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes that differ from the %d sent", len(got), len(want))
	}
}

// eachShape runs a test on a store of each shape, and with each ledger.
func eachShape(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	for name, build := range map[string]func(t *testing.T) *house{
		"disk":            func(t *testing.T) *house { return newHouse(t, diskShape) },
		"s3":              func(t *testing.T) *house { return newHouse(t, s3Shape) },
		"s3 and postgres": func(t *testing.T) *house { return newHouseIn(t, sqltest.Postgres(t), s3Shape) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, build(t))
		})
	}
}
