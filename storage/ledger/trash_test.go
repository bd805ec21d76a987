package ledger_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

func TestTrashIsKeptUntilItIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		ctx := t.Context()
		for _, d := range []struct {
			due   storage.Millis
			names []storage.Name
		}{{30, []storage.Name{"c"}}, {10, []storage.Name{"b", "a"}}, {20, []storage.Name{"d", "a"}}, {5, nil}} {
			if err := l.Discard(ctx, d.due, d.names...); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range []struct {
			now  storage.Millis
			n    int
			want []storage.Name
		}{
			{9, 9, nil},
			{10, 9, []storage.Name{"a", "b"}},
			{30, 3, []storage.Name{"a", "b", "d"}},
			{30, 9, []storage.Name{"a", "b", "c", "d"}},
		} {
			got, err := l.Discarded(ctx, test.now, test.now, test.n)
			slices.Sort(got)
			if diff := cmp.Diff(got, test.want); err != nil || diff != "" {
				t.Errorf("at %d (-got +want): %v\n%s", test.now, err, diff)
			}
		}
		for range 2 { // forgetting what is not there is no error
			if err := l.Forget(ctx, "a", "d", "never"); err != nil {
				t.Fatal(err)
			}
		}
		if got := trash(t, l); got != "b c" {
			t.Errorf("got %q, want what was not forgotten", got)
		}
	})
}

// What one sweep has taken, no other does before its time is over.
func TestDiscardedBlobsAreTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		if err := l.Discard(t.Context(), 10, "a", "b", "c"); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			now  storage.Millis
			want int
		}{{10, 3}, {10, 0}, {19, 0}, {20, 3}} {
			names, err := l.Discarded(t.Context(), test.now, test.now+10, 9)
			if err != nil || len(names) != test.want {
				t.Errorf("at %d: got %v, %v; want %d", test.now, names, err, test.want)
			}
		}
	})
}

func TestReplacedBlobsGoToTheTrash(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		u := claim(t, l, id(1), 0)
		c := step(u)
		c.To, c.Inline = 40, 40
		c.Put = []storage.Extent{ // a is mentioned three times, at places of its own
			{Off: 0, Len: 10, Blob: "a", At: 0},
			{Off: 10, Len: 10, Blob: "a", At: 10},
			{Off: 20, Len: 10, Blob: "a", At: 20},
			{Off: 30, Len: 10, Blob: "b"},
		}
		commit(t, l, c)

		c = step(find(t, l, id(1)))
		c.Put = []storage.Extent{{Off: 20, Len: 20, Blob: "c"}}
		commit(t, l, c)
		if got := trash(t, l); got != "b" {
			t.Errorf("got %q, want b: a is still mentioned before the cut", got)
		}

		c = step(find(t, l, id(1)))
		c.Put = []storage.Extent{{Off: 0, Len: 30, Blob: "d"}, {Off: 30, Len: 10, Blob: "c", At: 10}}
		commit(t, l, c)
		if got := trash(t, l); got != "a b" {
			t.Errorf("got %q, want a and b: c is mentioned again", got)
		}
	})
}

func TestABlobOfTwoUploadsIsKeptForTheOther(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		first, second := complete(t, l, 1, "shared"), complete(t, l, 2, "shared")
		c := step(first)
		c.State = storage.Cancelled
		commit(t, l, c)
		if got := trash(t, l); got != "" {
			t.Errorf("after the first went: got %q, want nothing", got)
		}
		c = step(second)
		c.Purge = true
		commit(t, l, c)
		if got := trash(t, l); got != "shared" {
			t.Errorf("after the last went: got %q, want the blob", got)
		}
	})
}

func TestAnUploadThatEndsHasNoBytes(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for _, state := range []storage.State{storage.Failed, storage.Cancelled, storage.Expired} {
			n := int(state)
			name := func(leaf string) storage.Name { return storage.Name(state.String() + "/" + leaf) }
			create(t, l, fresh(n))
			commit(t, l, adding(claim(t, l, id(n), 0), 10, name("1")))
			c := adding(find(t, l, id(n)), 90, name("2"))
			c.Put = append(c.Put, storage.Extent{Off: 95, Len: 5, Inline: []byte("bytes")})
			c.Put[0].Len, c.State, c.Reason, c.Due = 85, state, "pixels", now+7
			commit(t, l, c)

			u := find(t, l, id(n))
			if u.State != state || u.Due != now+7 || (u.Reason == "pixels") != (state == storage.Failed) {
				t.Errorf("%v: got %v, due %d, reason %q", state, u.State, u.Due, u.Reason)
			}
			if xs := extents(t, l, id(n), 0, 100); len(xs) != 0 {
				t.Errorf("%v: got extents %v, want none", state, xs)
			}
		}
		const want = "cancelled/1 cancelled/2 expired/1 expired/2 failed/1 failed/2"
		if got := trash(t, l); got != want {
			t.Errorf("got trash %q, want %q", got, want)
		}
		if names, err := l.Discarded(t.Context(), now, now, 9); err != nil || len(names) != 6 {
			t.Errorf("got %v, %v; want all due at once", names, err)
		}
	})
}

func TestATombstoneMayBeBuriedAgainAndPurged(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		for _, state := range []storage.State{storage.Failed, storage.Cancelled, storage.Cancelled} {
			u := find(t, l, id(1))
			c := step(u)
			c.State, c.Due = state, u.Due+1
			commit(t, l, c)
			if got := find(t, l, id(1)); got.State != state || got.Due != u.Due+1 {
				t.Errorf("got %v due %d, want %v due %d", got.State, got.Due, state, u.Due+1)
			}
		}
		c := step(find(t, l, id(1)))
		c.Purge = true
		commit(t, l, c)
		_, err := l.Find(t.Context(), id(1))
		wantKind(t, err, fault.NotFound)
		wantKind(t, l.Commit(t.Context(), c), fault.NotFound)
	})
}

func TestAPurgeDropsEverything(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		u := complete(t, l, 1, "aaaaaaaaaa/1-1")
		stale := step(u)
		stale.Purge, stale.Epoch = true, u.Epoch+1
		wantKind(t, l.Commit(t.Context(), stale), fault.Superseded)
		c := step(u)
		c.Purge = true
		commit(t, l, c)
		_, err := l.Find(t.Context(), id(1))
		wantKind(t, err, fault.NotFound)
		if got := trash(t, l); got != "aaaaaaaaaa/1-1" {
			t.Errorf("got trash %q, want the blob", got)
		}
	})
}
