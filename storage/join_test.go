package storage_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb/sqltest"
)

// part is a finished part with these bytes.
func (h *house) part(e *storage.Engine, b []byte) storage.ID {
	h.t.Helper()
	n := file(int64(len(b)))
	n.Partial, n.Type = true, ""
	u, err := e.Create(bg, n)
	if err != nil {
		h.t.Fatalf("create a part: %v", err)
	}
	if _, err := put(e, u.ID, 0, b); err != nil {
		h.t.Fatalf("send a part: %v", err)
	}
	return u.ID
}

func file(length int64) storage.New {
	return storage.New{Community: community, Owner: owner, Length: length, Type: "image/png", Name: "me.png"}
}

// joined is parts of data of these sizes, joined.
func (h *house) joined(e *storage.Engine, data []byte, sizes ...int) (storage.Upload, []storage.ID) {
	h.t.Helper()
	var ids []storage.ID
	rest := data
	for _, n := range sizes {
		ids = append(ids, h.part(e, rest[:n]))
		rest = rest[n:]
	}
	u, err := e.Join(bg, file(0), ids)
	if err != nil {
		h.t.Fatalf("join: %v", err)
	}
	return u, ids
}

// What is joined is in every respect what would have been uploaded as one: bytes, checksum, first bytes.
func TestJoinedIsAsUploadedWhole(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(60<<10)
		whole := h.create(e, int64(len(data)))
		want, err := put(e, whole, 0, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, sizes := range [][]int{
			{len(data)}, {1, len(data) - 1}, {5, 20, 30, 9, len(data) - 64}, {30 << 10, 30 << 10}, {len(data) - 1, 1},
		} {
			got, _ := h.joined(e, data, sizes...)
			if got.State != storage.Complete || got.CRC != want.CRC || !bytes.Equal(got.Head, want.Head) ||
				got.Offset != want.Offset || got.Length != want.Length || got.Key == whole.Key {
				t.Errorf("%v: got %+v, want %+v", sizes, got, want)
			}
			same(t, h.read(e, got.ID), data)
		}
		u, _ := h.joined(e, data, 30<<10, 30<<10)
		r, err := e.Open(bg, u, 29<<10, 2<<10) // across the seam
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got := make([]byte, 2<<10)
		if _, err := r.Read(got[:1<<10]); err != nil {
			t.Error(err)
		}
	})
}

// Whatever happens to its parts, an upload that was joined from them keeps its bytes; and when both are gone,
// nothing is left.
func TestJoinedOutlivesItsParts(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(40<<10)
		u, parts := h.joined(e, data, 10<<10, 30<<10)
		// A part whose writer was fenced once is listed by the sweep, and its runs that it does not mention deleted.
		dirty := h.part(e, data)
		again, err := e.Join(bg, file(0), []storage.ID{dirty})
		if err != nil {
			t.Fatal(err)
		}
		row, err := h.ledger.Find(bg, dirty)
		if err != nil {
			t.Fatal(err)
		}
		mark := h.clock()
		c := storage.Commit{
			ID: dirty, Epoch: row.Epoch, From: row.Offset, To: row.Offset, CRC: row.CRC, Inline: row.Inline,
			Dirty: &mark, Now: mark,
		}
		if err := h.ledger.Commit(bg, c); err != nil {
			t.Fatal(err)
		}
		for _, id := range append(parts[:1:1], dirty) {
			if err := e.Cancel(bg, id); err != nil {
				t.Fatal(err)
			}
		}
		mustSweep(t, e)
		h.pass(h.limits.Tombstone + 2*time.Hour)
		mustSweep(t, e)
		mustSweep(t, e)
		same(t, h.read(e, u.ID), data)
		same(t, h.read(e, again.ID), data)
		for _, id := range []storage.ID{u.ID, again.ID, parts[1]} {
			if err := e.Cancel(bg, id); err != nil {
				t.Fatal(err)
			}
		}
		h.pass(2 * h.limits.Retention)
		mustSweep(t, e)
		mustSweep(t, e)
		for _, id := range append(parts, u.ID, again.ID, dirty) {
			h.wantNoOrphans(id)
		}
	})
}

// The last two mentions of a blob may end at the same moment: one of them must see that it was the last.
func TestTheLastMentionsEndAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouseIn(t, sqltest.Postgres(t), s3Shape)
	e := h.node("a")
	for round := range 20 {
		u, parts := h.joined(e, photo(3000), 3000)
		var all sync.WaitGroup
		for _, id := range append(parts, u.ID) {
			all.Go(func() {
				if err := e.Cancel(bg, id); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		all.Wait()
		mustSweep(t, e)
		h.wantNoOrphans(parts[0])
	}
}

func TestJoinRefuses(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.limits.MaxSize = 1 << 20
		h.judge = func(u storage.Upload) error {
			if !bytes.HasPrefix(u.Head, []byte("good")) {
				return fault.New(fault.Unsupported, "no").Because("bad")
			}
			return nil
		}
		e, good := h.node("a"), h.part(h.node("a"), []byte("good morning"))
		n := file(100)
		n.Partial = true
		unfinished, err := e.Create(bg, n)
		if err != nil {
			t.Fatal(err)
		}
		cancelled := h.part(e, []byte("good bye"))
		if err := e.Cancel(bg, cancelled); err != nil {
			t.Fatal(err)
		}
		whole := h.create(e, 4)
		if _, err := put(e, whole, 0, []byte("good")); err != nil {
			t.Fatal(err)
		}
		foreign := good
		foreign.Community++
		for _, c := range []struct {
			name  string
			parts []storage.ID
			want  fault.Kind
		}{
			{"bad content", []storage.ID{h.part(e, []byte("evil"))}, fault.Unsupported},
			{"nothing", nil, fault.Invalid},
			{"an unfinished part", []storage.ID{good, unfinished.ID}, fault.Conflict},
			{"a cancelled part", []storage.ID{good, cancelled}, fault.Gone},
			{"a file", []storage.ID{whole}, fault.Invalid},
			{"another community's part", []storage.ID{foreign}, fault.NotFound},
			{"too much", []storage.ID{h.part(e, photo(600<<10)), h.part(e, photo(600<<10))}, fault.TooLarge},
		} {
			if u, err := e.Join(bg, file(0), c.parts); !fault.Is(err, c.want) {
				t.Errorf("%s: got %+v, %v, want %v", c.name, u, err, c.want)
			}
		}
		if u, err := e.Join(bg, file(0), []storage.ID{good, good}); err != nil || u.Length != 24 {
			t.Errorf("the same part twice: got %+v, %v", u, err)
		}
	})
}

// A part that ends between the look and the transaction makes no upload.
func TestJoinLooksAgain(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e := h.node("a")
		u, parts := h.joined(e, photo(300), 100, 200)
		if err := e.Cancel(bg, parts[1]); err != nil {
			t.Fatal(err)
		}
		u.Key = "k234567890"
		for name, parts := range map[string][]storage.ID{"ended": parts, "short": parts[:1]} {
			if _, err := h.ledger.Create(bg, u, storage.Quota{}, parts...); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: got %v, want conflict", name, err)
			}
			if _, err := h.ledger.Find(bg, u.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: got %v, want no upload", name, err)
			}
		}
	})
}

// A hold takes the wish for done, in the same step.
func TestAHoldEndsTheWish(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e := h.node("a")
		n := file(10)
		n.Wish, n.Note = "jane", "a note,\nas it is"
		u, err := e.Create(bg, n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := put(e, u.ID, 0, photo(10)); err != nil {
			t.Fatal(err)
		}
		got, err := e.Find(bg, u.ID)
		if err != nil || got.Wish != "jane" || got.Note != n.Note {
			t.Errorf("got %+v, %v, want wish and note as they were", got, err)
		}
		if err := h.ledger.Hold(bg, u.ID, "v1"); err != nil {
			t.Fatal(err)
		}
		if got, err := e.Find(bg, u.ID); err != nil || got.Wish != "" || got.Note != n.Note {
			t.Errorf("got %+v, %v, want the wish to be over", got, err)
		}
	})
}
