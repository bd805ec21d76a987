package storage_test

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/blobs/disk"
	"cameo/storage/fault"
)

// A request whose look at the upload is older than the claim that was kept since does not continue it.
func TestAnOldLookIsNotContinued(t *testing.T) {
	h := newHouse(t, diskShape)
	e, data := h.node("a"), photo(size)
	id := h.create(e, size)
	seen, _ := e.Find(bg, id)
	if _, err := put(e, id, 0, data[:1000]); err != nil {
		t.Fatal(err)
	}
	other := photo(1000)
	u, err := e.Append(bg, storage.Write{ID: id, At: 0, Len: 1000, Total: storage.Unknown, Body: whole(other), Seen: seen})
	t.Logf("other bytes for the same range: offset %d, err %v", u.Offset, err)
	if err == nil {
		t.Errorf("two winners for bytes 0-999")
	}
	u, err = put(e, id, 1000, data[1000:])
	t.Logf("rest: %v %v", u.State, err)
	u, _ = e.Find(bg, id)
	r, err := e.Open(bg, u, 0, u.Length)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(r)
	if err != nil {
		t.Errorf("complete upload cannot be read: %v", err)
	}
}

// Of many that begin at once at an offset, with a part of the file each, exactly one wins.
func TestEachRangeHasOneWinner(t *testing.T) {
	h := newHouse(t, diskShape)
	h.limits.Quota.Open = 0
	e := h.node("a")
	bad, broken := 0, 0
	for range 60 {
		id := h.create(e, size)
		var wg sync.WaitGroup
		var mu sync.Mutex
		winners := 0
		for range 30 {
			wg.Go(func() {
				mine := photo(1000)
				_, err := put(e, id, 0, mine)
				if err == nil {
					mu.Lock()
					winners++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if winners != 1 {
			bad++
		}
		if u, err := put(e, id, 1000, photo(size-1000)); err == nil {
			r, _ := e.Open(bg, u, 0, u.Length)
			if _, err := io.ReadAll(r); err != nil {
				broken++
			}
		} else {
			t.Log(err)
		}
	}
	if bad > 0 || broken > 0 {
		t.Errorf("of 60 uploads %d had not one winner, %d complete ones cannot be read", bad, broken)
	}
}

func digestBody(b []byte) *storage.Digest {
	s := sha256.Sum256(b)
	return &storage.Digest{Hash: sha256.New(), Want: s[:]}
}

// Bodies with checksums, which are committed as a whole, give back their pages when memory is short.
func TestBodiesWithChecksumsShareTheMemory(t *testing.T) {
	h := newHouse(t, storage.Shape{Gather: 16 << 20, Inline: 1 << 20, Parallel: 4})
	h.limits.Quota.Open = 0
	h.limits.Seal = 50 * time.Millisecond
	e := h.node("a") // default memory, 256 MiB
	data := photo(24 << 20)
	const n = 20
	var meet sync.WaitGroup
	meet.Add(n)
	done := make(chan error, n)
	for range n {
		id := h.create(e, int64(len(data)))
		go func() {
			b, first := whole(data), true
			b.pause = func() { // all clients are at 12 MiB at the same time
				if first && len(b.data) <= 12<<20 {
					first = false
					meet.Done()
					meet.Wait()
				}
			}
			_, err := e.Append(bg, storage.Write{ID: id, Len: int64(len(data)), Total: storage.Unknown, Body: b, Digest: digestBody(data)})
			done <- err
		}()
	}
	for i := range n {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d ended, the others wait for ever", i, n)
		}
	}
}

// Rows that wait for their second look are not in the way of others.
func TestWaitingRowsDoNotStopTheSweep(t *testing.T) {
	h := newHouse(t, diskShape)
	h.limits.Quota.Open = 0
	h.limits.Tombstone = time.Minute
	e := h.node("a")
	for range 210 {
		id := h.create(e, size)
		if err := e.Cancel(bg, id); err != nil {
			t.Fatal(err)
		}
	}
	mustSweep(t, e) // first look
	h.pass(2 * time.Minute)
	h.limits.Expiry = time.Minute
	e = h.node("b")
	id := h.create(e, size)
	if _, err := put(e, id, 0, photo(1000)); err != nil {
		t.Fatal(err)
	}
	h.pass(2 * time.Minute)
	begin := time.Now()
	s := mustSweep(t, e)
	t.Logf("%+v in %v", s, time.Since(begin))
	if s.Expired != 1 {
		t.Errorf("the expired upload was not swept")
	}
}

// The same after a downtime: complete uploads whose retention is over, and that were never looked at.
func TestTheSweepGoesOnAfterADowntime(t *testing.T) {
	h := newHouse(t, diskShape)
	h.limits.Quota.Open = 0
	a, b := h.node("a"), h.node("b")
	for range 210 { // finished by a node after a restart: a claim over another's, so dirty
		id := h.create(a, 10)
		if _, err := put(b, id, 0, photo(10)); err != nil {
			t.Fatal(err)
		}
	}
	h.pass(5 * 24 * time.Hour)
	h.create(b, size)
	h.pass(4 * 24 * time.Hour)
	var sum storage.Swept
	for range 50 {
		s := mustSweep(t, b)
		sum.Expired += s.Expired
		sum.Purged += s.Purged
		h.pass(time.Minute)
	}
	if sum.Expired != 1 {
		t.Errorf("in 50 minutes %+v: the expired upload was not swept", sum)
	}
}

// slowClaim delays the answer to a claim.
type slowClaim struct {
	storage.Ledger
	mu   sync.Mutex
	hold chan struct{}
	got  chan struct{}
}

func (l *slowClaim) Claim(ctx context.Context, id storage.ID, at int64, node string, now storage.Millis) (storage.Upload, error) {
	u, err := l.Ledger.Claim(ctx, id, at, node, now)
	l.mu.Lock()
	hold := l.hold
	l.hold = nil
	l.mu.Unlock()
	if hold != nil {
		close(l.got)
		<-hold
	}
	return u, err
}

func TestStatusKnowsTheWriteThatBeganLast(t *testing.T) {
	for _, shape := range []storage.Shape{diskShape, s3Shape} {
		h := newHouse(t, shape)
		l := &slowClaim{Ledger: h.ledger, hold: make(chan struct{}), got: make(chan struct{})}
		release := l.hold
		e := storage.NewEngine(storage.Config{Ledger: l, Trash: h.ledger, Blobs: h.blobs, Node: "a", Clock: h.clock, Random: nil, Limits: h.limits})
		id := h.create(h.node("x"), size)
		data := photo(size)
		old := make(chan error, 1)
		go func() { _, err := put(e, id, 0, data); old <- err }()
		<-l.got
		// newer
		w := silent(data[:5000])
		newer := make(chan error, 1)
		go func() { _, err := send(e, id, 0, 10000, w); newer <- err }()
		time.Sleep(200 * time.Millisecond)
		close(release)
		t.Logf("old: %v", <-old)
		u, err := e.Status(bg, id)
		t.Logf("status: offset %d epoch %d writer %q %v", u.Offset, u.Epoch, u.Writer, err)
		w.Interrupt() // the client of the newer one is cut: its bytes are kept
		t.Logf("newer: %v", <-newer)
		now, _ := h.ledger.Find(bg, id)
		if now.Offset != u.Offset {
			t.Errorf("status told %d, without any further request the upload stands at %d", u.Offset, now.Offset)
		}
	}
}

// A write that has its claim, and has not begun, is fenced by a status query.
func TestStatusFencesAWriteThatIsAboutToBegin(t *testing.T) {
	for _, shape := range []storage.Shape{diskShape, s3Shape} {
		h := newHouse(t, shape)
		l := &slowClaim{Ledger: h.ledger, hold: make(chan struct{}), got: make(chan struct{})}
		release := l.hold
		e := storage.NewEngine(storage.Config{Ledger: l, Trash: h.ledger, Blobs: h.blobs, Node: "a", Clock: h.clock, Limits: h.limits})
		id := h.create(h.node("x"), size)
		data := photo(size)
		old := make(chan error, 1)
		go func() { _, err := put(e, id, 0, data[:4000]); old <- err }()
		<-l.got
		u, err := e.Status(bg, id)
		t.Logf("status: offset %d epoch %d writer %q %v", u.Offset, u.Epoch, u.Writer, err)
		close(release)
		t.Logf("write: %v", <-old)
		now, _ := h.ledger.Find(bg, id)
		if now.Offset != u.Offset {
			t.Errorf("status told %d, the write that ran at that time made it %d", u.Offset, now.Offset)
		}
	}
}

// What is refused behind committed bytes of the same run does not stay on the disk.
func TestRefusedBytesTakeNoRoom(t *testing.T) {
	dir := t.TempDir()
	store, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouseOver(t, store)
	e := h.node("a")
	const length = 1 << 20
	id := h.create(e, length)
	data := photo(length)
	for i := range 20 {
		if _, err := put(e, id, int64(i), data[i:i+1]); err != nil {
			t.Fatal(err)
		}
		rest := data[i+1:]
		_, err := e.Append(bg, storage.Write{ID: id, At: int64(i + 1), Len: int64(len(rest)), Total: length, Body: whole(rest), Digest: digestBody([]byte("x"))})
		if !fault.Is(err, fault.Mismatch) {
			t.Fatal(err)
		}
	}
	for range 3 {
		mustSweep(t, e)
		h.pass(2 * time.Hour)
	}
	var sum int64
	_ = filepath.Walk(dir, func(_ string, i os.FileInfo, err error) error {
		if err == nil && i.Mode().IsRegular() {
			sum += i.Size()
		}
		return nil
	})
	if sum > 2*length {
		t.Errorf("an upload of %d bytes of which 20 are durable takes %d bytes on disk", length, sum)
	}
}

// A body that comes byte by byte costs hardly more than its pages.
func TestTinyReadsTakeLittleMemory(t *testing.T) {
	h := newHouse(t, storage.Shape{Gather: 16 << 20, Inline: 1 << 20, Parallel: 4})
	h.limits.Memory = 16 << 20
	e := h.node("a")
	const n = 15 << 20
	id := h.create(e, n+1)
	data := photo(n)
	b := silent(data)
	b.piece = 1
	reading := make(chan struct{})
	var once sync.Once
	b.pause = func() {
		if len(b.data) == 0 {
			once.Do(func() { close(reading) })
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := make(chan error, 1)
	go func() {
		_, err := e.Append(bg, storage.Write{ID: id, Len: n + 1, Total: storage.Unknown, Body: b, Digest: digestBody(data)})
		done <- err
	}()
	<-reading
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	runtime.ReadMemStats(&after)
	got := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	b.Interrupt()
	<-done
	if got > 64<<20 {
		t.Errorf("a write in a budget of 16 MiB holds %d MiB", got>>20)
	}
}

// The last look does not take away a mark that a writer has set meanwhile.
type slowList struct {
	storage.Blobs
	during func()
}

func (b *slowList) List(ctx context.Context, under, after storage.Name, n int) ([]storage.Name, error) {
	names, err := b.Blobs.List(ctx, under, after, n)
	if b.during != nil {
		f := b.during
		b.during = nil
		f()
	}
	return names, err
}

func TestALookLeavesAFreshMark(t *testing.T) {
	h := newHouse(t, s3Shape)
	slow := &slowList{Blobs: h.mem}
	h.blobs = slow
	x, e, data := h.node("x"), h.node("a"), photo(size)
	id := h.create(x, size)
	_, _ = hang(t, x, id, 0, data[:100])
	_ = 0
	u, err := e.Status(bg, id) // fences x: dirty
	if err != nil {
		t.Fatal(err)
	}
	// a begins: epoch 2
	w := silent(data[:20<<10])
	done := make(chan error, 1)
	go func() {
		_, err := e.Append(bg, storage.Write{ID: id, Len: size, Total: storage.Unknown, Body: w, Digest: digestBody(data)})
		done <- err
	}()
	eventually(t, func() bool { return h.runs(id) == 1 })
	mustSweep(t, e) // first look at epoch of a
	h.pass(2 * time.Hour)
	slow.during = func() { // second look has listed; the writer's client is cut, the store has trouble
		h.failNext("delete", fault.New(fault.Unavailable, "no"))
		w.Interrupt()
		t.Logf("writer: %v", <-done)
		u, _ := e.Find(bg, id)
		t.Logf("before the note: dirty %d epoch %d looked %d off %d orphans %v", u.Dirty, u.Epoch, u.Looked, u.Offset, h.orphans(id))
	}
	mustSweep(t, e)
	for range 3 {
		h.pass(2 * time.Hour)
		mustSweep(t, e)
	}
	u, _ = e.Find(bg, id)
	t.Logf("dirty %d epoch %d looked %d", u.Dirty, u.Epoch, u.Looked)
	h.wantNoOrphans(id)
}

// A body with a checksum learns only at its end that it was fenced long ago.
func TestAFencedBodyLeavesNothing(t *testing.T) {
	h := newHouse(t, s3Shape)
	h.limits.Seal = 10 * time.Millisecond
	a, b, data := h.node("a"), h.node("b"), photo(size)
	id := h.create(a, size)
	go1 := make(chan struct{})
	body := whole(data)
	body.piece = 1000
	body.pause = func() {
		if len(body.data) == size-5000 {
			<-go1
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := a.Append(bg, storage.Write{ID: id, Len: size, Total: storage.Unknown, Body: body, Digest: digestBody(data)})
		done <- err
	}()
	eventually(t, func() bool { u, _ := b.Find(bg, id); return u.Writer == "a" })
	if _, err := b.Status(bg, id); err != nil {
		t.Fatal(err)
	}
	mustSweep(t, b)
	h.pass(2 * time.Hour) // a slow client
	mustSweep(t, b)
	close(go1)
	t.Logf("writer: %v", <-done)
	if err := b.Cancel(bg, id); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		mustSweep(t, b)
		h.pass(50 * time.Hour)
	}
	_, err := b.Find(bg, id)
	t.Logf("row: %v", err)
	h.wantNoOrphans(id)
}
