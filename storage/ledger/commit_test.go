package ledger_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

func TestACommitChangesWhatItSays(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		u := fresh(1)
		u.Length = storage.Unknown
		create(t, l, u)
		u = claim(t, l, id(1), 0)

		c := adding(u, 40, "k/1-1")
		c.CRC, c.Head, c.Length = 1<<63+5, []byte("head"), 90
		c.Last = &storage.Request{From: 0, To: 40, CRC: 1<<64 - 1}
		commit(t, l, c)
		want := u
		want.Offset, want.Inline, want.CRC, want.Head = 40, 40, 1<<63+5, []byte("head")
		want.Length, want.Last = 90, *c.Last
		if diff := cmp.Diff(find(t, l, id(1)), want); diff != "" {
			t.Errorf("bytes, head, length and request (-got +want):\n%s", diff)
		}

		dirty := now + 9
		c = step(want)
		c.Dirty, c.Looked, c.Release, c.Due, c.Reason = &dirty, true, true, 77, "only with a state"
		commit(t, l, c)
		want.Dirty, want.Looked, want.Writer = dirty, want.Epoch, ""
		if diff := cmp.Diff(find(t, l, id(1)), want); diff != "" {
			t.Errorf("housekeeping (-got +want):\n%s", diff)
		}

		clean := storage.Millis(0)
		c = adding(want, 50, "k/1-2")
		c.CRC, c.State, c.Due, c.Dirty = 8, storage.Complete, now+50, &clean
		commit(t, l, c)
		want.Offset, want.Inline, want.CRC = 90, 90, 8
		want.State, want.Due, want.Dirty = storage.Complete, now+50, 0
		if diff := cmp.Diff(find(t, l, id(1)), want); diff != "" {
			t.Errorf("completion (-got +want):\n%s", diff)
		}
		if got := trash(t, l); got != "" {
			t.Errorf("got %q in the trash, want nothing", got)
		}
	})
}

func TestACommitNeedsItsEpochAndOffset(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		commit(t, l, adding(claim(t, l, id(1), 0), 10, "k/1-1"))
		u := claim(t, l, id(1), 10)
		for name, change := range map[string]func(u *storage.Upload){
			"older epoch":   func(u *storage.Upload) { u.Epoch-- },
			"newer epoch":   func(u *storage.Upload) { u.Epoch++ },
			"lower offset":  func(u *storage.Upload) { u.Offset, u.Inline = 5, 5 },
			"higher offset": func(u *storage.Upload) { u.Offset, u.Inline = 15, 15 },
		} {
			wrong := u
			change(&wrong)
			if err := l.Commit(t.Context(), adding(wrong, 7, "k/x")); !fault.Is(err, fault.Superseded) {
				t.Errorf("%s: got %v, want superseded", name, err)
			}
		}
		if got := find(t, l, id(1)); got.Offset != 10 {
			t.Errorf("got offset %d, want 10", got.Offset)
		}
	})
}

func TestARepeatedCommitIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for n, state := range []storage.State{0, storage.Complete, storage.Failed, storage.Cancelled} {
			create(t, l, fresh(n))
			c := adding(claim(t, l, id(n), 0), 100, storage.RunName(id(n).Key, 1, 1, "a"))
			c.State, c.Due = state, now
			commit(t, l, c)
			once, xs := find(t, l, id(n)), extents(t, l, id(n), 0, 100)
			commit(t, l, c)
			if diff := cmp.Diff(find(t, l, id(n)), once); diff != "" {
				t.Errorf("%v (-got +want):\n%s", state, diff)
			}
			if diff := cmp.Diff(extents(t, l, id(n), 0, 100), xs); diff != "" {
				t.Errorf("%v, extents (-got +want):\n%s", state, diff)
			}
		}
	})
}

func TestClosedUploadsTakeNoBytes(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for state, want := range map[storage.State]fault.Kind{
			storage.Complete: fault.Conflict, storage.Failed: fault.Unsupported,
			storage.Cancelled: fault.Gone, storage.Expired: fault.Gone,
		} {
			n := int(state)
			create(t, l, fresh(n))
			c := adding(claim(t, l, id(n), 0), 50, "k/1-1")
			c.State = state
			commit(t, l, c)
			u := find(t, l, id(n))
			wantKind(t, l.Commit(t.Context(), adding(u, 50, "k/1-2")), want)
			inPlace := step(u)
			inPlace.Put = []storage.Extent{{Off: 0, Len: 50, Blob: "k/1-3"}}
			wantKind(t, l.Commit(t.Context(), inPlace), want)
			longer := step(u)
			longer.Length = 200
			wantKind(t, l.Commit(t.Context(), longer), want)
		}
	})
}

func TestExtentsHaveNoHoles(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		u := claim(t, l, id(1), 0)
		for name, put := range map[string][]storage.Extent{
			"nothing":       nil,
			"begins behind": {{Off: 1, Len: 9, Blob: "b"}},
			"ends before":   {{Off: 0, Len: 9, Blob: "b"}},
			"ends behind":   {{Off: 0, Len: 11, Blob: "b"}},
			"hole":          {{Off: 0, Len: 4, Blob: "b"}, {Off: 5, Len: 5, Blob: "b"}},
			"overlap":       {{Off: 0, Len: 6, Blob: "b"}, {Off: 5, Len: 5, Blob: "b"}},
			"empty":         {{Off: 0, Len: 10, Blob: "b"}, {Off: 10, Len: 0, Blob: "b"}},
			"bytes missing": {{Off: 0, Len: 10}},
			"bytes too few": {{Off: 0, Len: 10, Inline: make([]byte, 9)}},
			"before byte 0": {{Off: -1, Len: 11, Blob: "b"}},
		} {
			c := step(u)
			c.To, c.Inline, c.Put = 10, 10, put
			if err := l.Commit(t.Context(), c); !fault.Is(err, fault.Internal) {
				t.Errorf("%s: got %v, want internal", name, err)
			}
		}
		beyond := adding(u, 101, "b")
		wantKind(t, l.Commit(t.Context(), beyond), fault.Internal)
		if got := find(t, l, id(1)); got.Offset != 0 {
			t.Errorf("got offset %d, want 0", got.Offset)
		}
	})
}

func TestAnInlineTailIsReplaced(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		u := claim(t, l, id(1), 0)
		commit(t, l, adding(u, 10, "k/1-1"))
		tail := func(from, to, off int64) storage.Commit {
			c := step(find(t, l, id(1)))
			c.To, c.Inline = to, off
			inline := bytes.Repeat([]byte("x"), int(to-from))
			c.Put = []storage.Extent{{Off: from, Len: to - from, CRC: 1, Inline: inline}}
			return c
		}
		commit(t, l, tail(10, 15, 10))
		commit(t, l, tail(15, 18, 10))
		commit(t, l, tail(10, 20, 10)) // one tail in the place of two
		xs := extents(t, l, id(1), 0, 100)
		if len(xs) != 2 || xs[1].Off != 10 || string(xs[1].Inline) != "xxxxxxxxxx" || xs[1].Blob != "" {
			t.Errorf("got %v, want a blob and one tail", xs)
		}
		c := adding(find(t, l, id(1)), 30, "k/1-2")
		c.Put[0].Off, c.Put[0].Len = 10, 40
		commit(t, l, c)
		want := []storage.Extent{
			{Off: 0, Len: 10, CRC: 7, Blob: "k/1-1"}, {Off: 10, Len: 40, CRC: 7, Blob: "k/1-2"},
		}
		if diff := cmp.Diff(extents(t, l, id(1), 0, 100), want); diff != "" {
			t.Errorf("the tail became a blob (-got +want):\n%s", diff)
		}
		if got := trash(t, l); got != "" {
			t.Errorf("got %q in the trash, want nothing", got)
		}
	})
}
