package storage_test

import (
	"testing"
	"time"

	"github.com/minio/crc64nvme"

	"cameo/storage"
	"cameo/storage/fault"
)

// runs counts the blobs of an upload.
func (h *house) runs(id storage.ID) int {
	h.t.Helper()
	names, err := h.blobs.List(bg, storage.Under(string(id.Key)), "", 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(names)
}

// extents are those of a whole upload.
func (h *house) extents(id storage.ID) []storage.Extent {
	h.t.Helper()
	xs, err := h.ledger.Extents(bg, id, 0, size)
	if err != nil {
		h.t.Fatal(err)
	}
	return xs
}

// Requests that follow each other on one node continue one claim and one run, and that is one extent.
func TestAClaimOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t, diskShape)
	e, data := h.node("a"), photo(size)
	id := h.create(e, size)
	for at := int64(0); at < size; at += 4 << 10 {
		u, err := e.Status(bg, id)
		if err != nil || u.Offset != at || u.Epoch != 0 {
			t.Fatalf("got offset %d, epoch %d, %v", u.Offset, u.Epoch, err)
		}
		if _, err := put(e, id, at, data[at:at+4<<10]); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.runs(id); n != 1 {
		t.Errorf("got %d runs, want 1", n)
	}
	if xs := h.extents(id); len(xs) != 1 || xs[0].Len != size || xs[0].CRC != crc64nvme.Checksum(data) {
		t.Errorf("got extents %+v, want one of %d bytes with their checksum", xs, size)
	}
	same(t, h.read(e, id), data)
}

// An extent grows from where its run begins, which is not the upload's first byte once another node has
// written, and by each seal of a slow body.
func TestAnExtentGrowsWithItsRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, diskShape)
	h.limits.Seal = time.Millisecond
	a, b, data := h.node("a"), h.node("b"), photo(size)
	id := h.create(a, size)
	if _, err := put(a, id, 0, data[:size/4]); err != nil {
		t.Fatal(err)
	}
	for at := int64(size / 4); at < size; at += size / 4 {
		part := data[at : at+size/4]
		body := whole(part)
		body.piece, body.pause = len(part)/4, func() { time.Sleep(3 * time.Millisecond) }
		if _, err := b.Append(bg, storage.Write{
			ID: id, At: at, Len: int64(len(part)), Total: size, Body: body,
		}); err != nil {
			t.Fatal(err)
		}
	}
	xs := h.extents(id)
	if len(xs) != 2 || xs[1].Off != size/4 || xs[1].CRC != crc64nvme.Checksum(data[size/4:]) {
		t.Errorf("got extents %+v, want one of each node with its checksum", xs)
	}
	same(t, h.read(a, id), data)
}

// A claim that another node has fenced meanwhile is not continued.
func TestAFencedClaimIsLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t, diskShape)
	a, b, data := h.node("a"), h.node("b"), photo(size)
	id := h.create(a, size)
	for i, e := range []*storage.Engine{a, b, a, b} {
		at := int64(i) * size / 4
		if _, err := put(e, id, at, data[at:at+size/4]); err != nil {
			t.Fatalf("chunk %d: %v", i, err)
		}
	}
	if n := h.runs(id); n != 4 {
		t.Errorf("got %d runs, want one of each claim", n)
	}
	same(t, h.read(a, id), data)
}

// An idle claim is let go by the sweep, and many by others that are newer; their uploads go on under new
// ones.
func TestClaimsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, diskShape)
	h.limits.Quota.Open = 0
	e, data := h.node("a"), photo(size)
	idle := h.create(e, size)
	if _, err := put(e, idle, 0, data[:size/2]); err != nil {
		t.Fatal(err)
	}
	h.pass(time.Minute)
	mustSweep(t, e)
	crowded := h.create(e, size)
	for range 1100 {
		h.create(e, size)
	}
	for _, c := range []struct {
		id storage.ID
		at int64
	}{{idle, size / 2}, {crowded, 0}} {
		u, err := put(e, c.id, c.at, data[c.at:])
		if err != nil || u.State != storage.Complete || u.Epoch != 1 {
			t.Fatalf("got %v, epoch %d, %v", u.State, u.Epoch, err)
		}
		same(t, h.read(e, c.id), data)
	}
}

// What a claim shows may be old: another node has written since. It refuses nothing, and nothing passes.
func TestAClaimMayBeOld(t *testing.T) {
	t.Parallel()
	h := newHouse(t, diskShape)
	a, b, data := h.node("a"), h.node("b"), photo(size)
	id := h.create(a, size)
	for i, e := range []*storage.Engine{a, b} {
		if _, err := put(e, id, int64(i)*size/4, data[i*size/4:(i+1)*size/4]); err != nil {
			t.Fatal(err)
		}
	}
	resume := func(at int64) (storage.Upload, error) {
		seen, err := a.Resume(bg, id)
		if err != nil {
			t.Fatal(err)
		}
		part := data[at : at+size/4]
		return a.Append(bg, storage.Write{
			ID: id, At: at, Len: int64(len(part)), Total: size, Body: whole(part), Seen: seen,
		})
	}
	for _, step := range []struct {
		what    string
		at      int64
		want    fault.Kind
		reached int64
	}{
		{"where the old claim stands", size / 4, fault.Superseded, size / 2},
		{"where the row stands", size / 2, 0, 3 * size / 4},
		{"once more", size / 2, 0, 3 * size / 4},
		{"behind it", 0, fault.WrongOffset, 3 * size / 4},
	} {
		u, err := resume(step.at)
		if got := fault.Of(err); got != step.want || u.Offset != step.reached {
			t.Errorf("%s: got %v and offset %d, want %v and %d", step.what, got, u.Offset, step.want, step.reached)
		}
	}
	if _, err := resume(3 * size / 4); err != nil {
		t.Fatal(err)
	}
	same(t, h.read(b, id), data)
}

// A claim says nothing of an upload whose time is up, or that was cancelled.
func TestAClaimEndsWithItsUpload(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *house, e *storage.Engine, id storage.ID) error{
		"expired":   func(h *house, _ *storage.Engine, _ storage.ID) error { h.pass(100 * time.Hour); return nil },
		"cancelled": func(_ *house, e *storage.Engine, id storage.ID) error { return e.Cancel(bg, id) },
	} {
		h := newHouse(t, diskShape)
		e := h.node("a")
		id := h.create(e, size)
		if _, err := put(e, id, 0, photo(size)[:size/2]); err != nil {
			t.Fatal(err)
		}
		if err := end(h, e, id); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Resume(bg, id); !fault.Is(err, fault.Gone) {
			t.Errorf("%s: got %v, want Gone", name, err)
		}
	}
}
