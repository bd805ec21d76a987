package storage_test

import (
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb/sqltest"
)

func TestExpiry(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e := h.node("a")
		id := h.create(e, size)
		if _, err := put(e, id, 0, photo(20<<10)); err != nil {
			t.Fatal(err)
		}
		mustSweep(t, e)
		if _, err := e.Find(bg, id); err != nil {
			t.Fatalf("swept before its time: %v", err)
		}
		h.pass(h.limits.Expiry)
		if _, err := put(e, id, 20<<10, photo(20<<10)); !fault.Is(err, fault.Gone) { // before the sweep came by
			t.Errorf("got %v, want gone", err)
		}
		if s := mustSweep(t, e); s.Expired != 1 || s.Blobs == 0 {
			t.Errorf("got %+v", s)
		}
		if _, err := put(e, id, 20<<10, photo(20<<10)); !fault.Is(err, fault.Gone) {
			t.Errorf("got %v, want gone", err)
		}
		h.wantNoOrphans(id)
		h.pass(h.limits.Tombstone)
		purged := 0
		for range 3 { // two looks for what a claim may have left, and then the end
			purged += mustSweep(t, e).Purged
			h.pass(2 * time.Hour)
		}
		if purged != 1 {
			t.Errorf("purged %d", purged)
		}
		if _, err := e.Find(bg, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v, want not found", err)
		}
	})
}

func TestExpiryEndsARunningWrite(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e := h.node("a")
		id := h.create(e, size)
		_, done := hang(t, e, id, 0, photo(5000))
		h.pass(h.limits.Expiry)
		mustSweep(t, e)
		if err := <-done; !fault.Is(err, fault.Superseded) {
			t.Errorf("got %v", err)
		}
		for range 3 { // the second look comes an hour later, the purge after it
			h.pass(h.limits.Tombstone + 2*time.Hour)
			mustSweep(t, e)
		}
		h.wantNoOrphans(id)
		if _, err := e.Find(bg, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v, want not found", err)
		}
	})
}

func TestRetention(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		held, free := h.create(e, size), h.create(e, size)
		for _, id := range []storage.ID{held, free} {
			if _, err := put(e, id, 0, data); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.ledger.Hold(bg, held, "photo"); err != nil {
			t.Fatal(err)
		}
		if err := e.Cancel(bg, held); !fault.Is(err, fault.Conflict) {
			t.Errorf("cancelling what is held: got %v, want conflict", err)
		}
		h.pass(h.limits.Retention)
		if s := mustSweep(t, e); s.Purged != 1 {
			t.Errorf("got %+v", s)
		}
		if _, err := e.Find(bg, free); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v, want not found", err)
		}
		same(t, h.read(e, held), data)
		if err := h.ledger.Unhold(bg, held, "photo", h.clock().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Hour)
		mustSweep(t, e)
		for _, id := range []storage.ID{held, free} {
			h.wantNoOrphans(id)
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e := h.node("a")
		running, done := h.create(e, size), h.create(e, size)
		if _, err := put(e, done, 0, photo(size)); err != nil {
			t.Fatal(err)
		}
		_, end := hang(t, e, running, 0, photo(5000))
		for _, id := range []storage.ID{running, done} {
			if err := e.Cancel(bg, id); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Find(bg, id); !fault.Is(err, fault.Gone) {
				t.Errorf("got %v, want gone", err)
			}
		}
		if err := <-end; !fault.Is(err, fault.Superseded) {
			t.Errorf("the running write ended with %v", err)
		}
		mustSweep(t, e)
		for _, id := range []storage.ID{running, done} {
			h.wantNoOrphans(id)
		}
	})
}

func TestCrashedWriterLeavesNothing(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		dead, data := h.node("dead"), photo(size)
		id := h.create(dead, size)
		_, _ = hang(t, dead, id, 0, data[:20<<10]) // never heard of again
		e := h.node("next")
		u, err := e.Status(bg, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := put(e, id, u.Offset, data[u.Offset:]); err != nil {
			t.Fatal(err)
		}
		mustSweep(t, e)
		if u, _ := e.Find(bg, id); u.Dirty == 0 {
			t.Error("no second look is due")
		}
		h.pass(2 * time.Hour)
		mustSweep(t, e)
		if u, _ := e.Find(bg, id); u.Dirty != 0 {
			t.Error("looks go on for ever")
		}
		h.wantNoOrphans(id)
		same(t, h.read(e, id), data)
	})
}

// Two nodes that sweep at once share the work: nothing is listed, deleted or counted twice.
func TestPostgresTwoNodesSweepOnce(t *testing.T) {
	t.Parallel()
	address := sqltest.Shared(t).Database(t)
	h := on(t, address)
	nodes := [2]*storage.Engine{h.node("a"), h.another(t, address, "b")}
	const expired, dirty, run = 40, 20, 16 << 10
	for range expired {
		id := h.create(nodes[0], 2*run)
		if _, err := put(nodes[0], id, 0, photo(run)); err != nil {
			t.Fatal(err)
		}
	}
	h.pass(h.limits.Expiry + time.Minute)
	for range dirty { // a writer died after it had stored a run, and another one has taken over
		id := h.create(nodes[0], 2*run)
		for _, node := range []string{"dead", "c"} {
			u, err := h.ledger.Claim(bg, id, 0, node, h.clock())
			must(t, err)
			if node == "dead" {
				r, err := h.mem.Create(bg, storage.RunName(u.Key, u.Epoch, 0, node))
				must(t, err)
				must(t, r.Write(bg, photo(run)))
				must(t, r.Sync(bg))
				must(t, r.Close())
			}
		}
	}
	before := h.mem.Counts()
	var swept [2]storage.Swept
	var wg sync.WaitGroup
	for i, e := range nodes {
		wg.Go(func() { swept[i] = mustSweep(t, e) })
	}
	wg.Wait()
	lists := h.mem.Counts().Lists - before.Lists
	t.Logf("each node: %+v", swept)
	last := mustSweep(t, nodes[0]) // what had come when the other one was just taking it
	for what, got := range map[string][2]int{
		"expired": {swept[0].Expired + swept[1].Expired + last.Expired, expired},
		"blobs":   {swept[0].Blobs + swept[1].Blobs + last.Blobs, expired + dirty},
		"lists":   {int(lists), dirty},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %d, want %d", what, got[0], got[1])
		}
	}
}
