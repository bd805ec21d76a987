package storage_test

import (
	"context"
	"crypto/rand"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// counted counts the calls of a ledger.
type counted struct {
	storage.Ledger
	claims, commits, reads atomic.Int64
}

func (c *counted) Claim(
	ctx context.Context, id storage.ID, at int64, node string, now storage.Millis,
) (storage.Upload, error) {
	c.claims.Add(1)
	return c.Ledger.Claim(ctx, id, at, node, now)
}

func (c *counted) Commit(ctx context.Context, step storage.Commit) error {
	c.commits.Add(1)
	return c.Ledger.Commit(ctx, step)
}

func (c *counted) Extents(ctx context.Context, id storage.ID, from, to int64) ([]storage.Extent, error) {
	c.reads.Add(1)
	return c.Ledger.Extents(ctx, id, from, to)
}

// counting is a node whose calls of the ledger are counted.
func (h *house) counting(name string) (*storage.Engine, *counted) {
	l := &counted{Ledger: h.ledger}
	return storage.NewEngine(storage.Config{
		Ledger: l, Trash: h.ledger, Blobs: h.blobs, Node: name, Clock: h.clock, Random: rand.Reader, Limits: h.limits,
	}), l
}

// Chunks that ride in the row take one commit each. A run takes a claim beside it, and reads nothing back: this
// node still has what it committed.
func TestSmallChunksTakeOneCommitEach(t *testing.T) {
	t.Parallel()
	h := newHouse(t, s3Shape)
	h.limits.Inline = s3Shape.Inline
	e, l := h.counting("a")
	const chunk = 1 << 10
	id, data := h.create(e, size), photo(size)
	for at := int64(0); at < size; at += chunk {
		if _, err := put(e, id, at, data[at:at+chunk]); err != nil {
			t.Fatal(err)
		}
	}
	const runs = (size + 16<<10 - 1) / (16 << 10)
	if claims, commits, reads := l.claims.Load(), l.commits.Load(), l.reads.Load(); claims != runs ||
		commits > size/chunk+runs || reads != 0 {
		t.Errorf("got %d claims, %d commits, %d reads; want %d, at most %d, 0",
			claims, commits, reads, runs, size/chunk+runs)
	}
	same(t, h.read(e, id), data)
	mustSweep(t, e)
	h.wantNoOrphans(id)
}

// What another node has added, what was let go, and what there is no room for, is read back from the rows.
func TestATailIsReadBack(t *testing.T) {
	t.Parallel()
	const chunk = 1 << 10
	for name, between := range map[string]func(h *house, e, other *storage.Engine, id storage.ID, data []byte) int64{
		"another node": func(h *house, _, other *storage.Engine, id storage.ID, data []byte) int64 {
			if _, err := put(other, id, 2*chunk, data[2*chunk:3*chunk]); err != nil {
				h.t.Fatal(err)
			}
			return 3 * chunk
		},
		"a claim of another node": func(h *house, _, _ *storage.Engine, id storage.ID, _ []byte) int64 {
			if _, err := h.ledger.Claim(bg, id, 2*chunk, "b", h.clock()); err != nil {
				h.t.Fatal(err)
			}
			return 2 * chunk
		},
		"idleness": func(h *house, e, _ *storage.Engine, _ storage.ID, _ []byte) int64 {
			h.pass(time.Minute)
			mustSweep(h.t, e)
			return 2 * chunk
		},
		"others": func(h *house, e, _ *storage.Engine, _ storage.ID, data []byte) int64 {
			for range 8 {
				if _, err := put(e, h.create(e, size), 0, data[:chunk]); err != nil {
					h.t.Fatal(err)
				}
			}
			return 2 * chunk
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, s3Shape)
			if name == "others" {
				h.limits.Memory = 8 * 4 * chunk // of which an eighth is for tails
			}
			e, l := h.counting("a")
			id, data := h.create(e, size), photo(size)
			for at := int64(0); at < 2*chunk; at += chunk {
				if _, err := put(e, id, at, data[at:at+chunk]); err != nil {
					t.Fatal(err)
				}
			}
			at := between(h, e, h.node("b"), id, data)
			if u, err := put(e, id, at, data[at:]); err != nil || u.State != storage.Complete {
				t.Fatalf("got %v, %v", u.State, err)
			}
			if l.reads.Load() == 0 {
				t.Error("nothing was read back")
			}
			same(t, h.read(e, id), data)
		})
	}
}

// Uploads that began at another node and end here one after the other do not wait for each other: their bytes are kept
// for who looks next, their places for reading back are not.
func TestReadingBackDoesNotWaitForWhatIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, s3Shape)
	a, b := h.node("a"), h.node("b")
	const uploads, length, begun = 20, 1500, 1000
	ended := make(chan error, 1)
	go func() {
		for range uploads {
			id, data := h.create(a, length), photo(length)
			if _, err := put(a, id, 0, data[:begun]); err != nil {
				ended <- err
				return
			}
			if _, err := put(b, id, begun, data[begun:]); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	select {
	case err := <-ended:
		must(t, err)
	case <-time.After(8 * time.Second): // bytes are kept for ten
		t.Fatal("the uploads wait for each other")
	}
}

// The whole of a small upload is read from memory for a moment after it was stored, in any part.
func TestARecentUploadIsReadFromMemory(t *testing.T) {
	t.Parallel()
	h := newHouse(t, s3Shape)
	h.limits.Memory = 16 * 20 << 10 // of which a sixteenth is for them: one upload
	e := h.node("a")
	const n = 15 << 10
	data := photo(n)
	ids := []storage.ID{h.create(e, n), h.create(e, n)}
	for i, chunk := range []int64{1000, n} {
		id := ids[i]
		for at := int64(0); at < n; at += chunk {
			if _, err := put(e, id, at, data[at:min(at+chunk, n)]); err != nil {
				t.Fatal(err)
			}
		}
		before := h.mem.Counts().Gets
		same(t, h.read(e, id), data)
		for _, part := range [][2]int64{{0, 1}, {999, 1001}, {n - 1, n}, {5000, 5000}, {1, n}} {
			u, err := e.Find(bg, id)
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Open(bg, u, part[0], part[1]-part[0])
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, data[part[0]:part[1]])
			for range 2 {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		}
		if got := h.mem.Counts().Gets - before; got != 0 {
			t.Errorf("%d reads of the store", got)
		}
	}
	before := h.mem.Counts().Gets
	same(t, h.read(e, ids[0]), data) // the second one has taken its place
	if got := h.mem.Counts().Gets - before; got != 1 {
		t.Errorf("%d reads of the store, want 1", got)
	}
}

// What a fenced writer has stored is kept by nobody: its node reads the bytes that were committed.
func TestAFencedWholeIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, s3Shape)
	a, b := h.node("a"), h.node("b")
	const n = 15 << 10
	lost, kept := photo(n), photo(n)
	id := h.create(a, n)
	late, begun := make(chan struct{}), make(chan struct{}, 10)
	slow := whole(lost)
	slow.pause = func() { begun <- struct{}{}; <-late }
	done := make(chan error, 1)
	go func() { _, err := send(a, id, 0, n, slow); done <- err }()
	<-begun
	if _, err := put(b, id, 0, kept); err != nil {
		t.Fatal(err)
	}
	close(late)
	if err := <-done; !fault.Is(err, fault.Superseded) {
		t.Fatalf("got %v, want superseded", err)
	}
	if got := h.mem.Counts().Puts; got != 2 {
		t.Errorf("got %d puts, want those of both", got)
	}
	same(t, h.read(a, id), kept)
	same(t, h.read(b, id), kept)
}

// A write that would ride in the row, and whose body is slow to come, is claimed, so that a status query at
// another node ends it. What the query told stays true.
func TestASlowSmallWriteIsClaimed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, s3Shape)
	a, b := h.node("a"), h.node("b")
	id, data := h.create(a, size), photo(size)
	done := make(chan error, 1)
	body := silent(data[:100])
	go func() { _, err := send(a, id, 0, 1000, body); done <- err }()
	eventually(t, func() bool { u, err := h.ledger.Find(bg, id); return err == nil && u.Writer == "a" })
	u, err := b.Status(bg, id)
	if err != nil || u.Offset != 0 {
		t.Fatalf("got offset %d, %v", u.Offset, err)
	}
	body.Interrupt()
	if err := <-done; err == nil {
		t.Error("the write that was fenced went well")
	}
	if now, err := h.ledger.Find(bg, id); err != nil || now.Offset != 0 {
		t.Errorf("got offset %d, %v; want what the query told", now.Offset, err)
	}
}
