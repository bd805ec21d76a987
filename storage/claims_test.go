package storage_test

import (
	"testing"
	"time"

	"cameo/storage"
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

// Requests that follow each other on one node continue one claim and one run.
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
	same(t, h.read(e, id), data)
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
