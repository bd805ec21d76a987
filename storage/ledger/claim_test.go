package ledger_test

import (
	"errors"
	"sync"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

func TestAClaimFencesTheOneBefore(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		a := claim(t, l, id(1), 0)
		if a.Epoch != 1 || a.Writer != "node-a" || a.Dirty != 0 {
			t.Errorf("first claim: got epoch %d, writer %q, dirty %d", a.Epoch, a.Writer, a.Dirty)
		}
		b, err := l.Claim(t.Context(), id(1), 0, "node-b", now+5)
		if err != nil {
			t.Fatal(err)
		}
		if b.Epoch != 2 || b.Writer != "node-b" || b.Dirty != now+5 {
			t.Errorf("claim over a writer: got epoch %d, writer %q, dirty %d", b.Epoch, b.Writer, b.Dirty)
		}
		wantKind(t, l.Commit(t.Context(), adding(a, 10, "k/1-1")), fault.Superseded)
		commit(t, l, adding(b, 10, "k/2-1"))
		wantKind(t, l.Commit(t.Context(), adding(a, 10, "k/1-1")), fault.Superseded)
		if xs := extents(t, l, id(1), 0, 100); len(xs) != 1 || xs[0].Blob != "k/2-1" {
			t.Errorf("got %v, want b's blob only", xs)
		}
	})
}

func TestAClaimNeedsItsOffset(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		commit(t, l, adding(claim(t, l, id(1), 0), 10, "k/1-1"))
		for _, at := range []int64{0, 9, 11, 100} {
			_, err := l.Claim(t.Context(), id(1), at, "n", now)
			wantKind(t, err, fault.WrongOffset)
			wantOffset(t, err, 10, at)
		}
		if u := find(t, l, id(1)); u.Epoch != 1 {
			t.Errorf("refused claims: got epoch %d, want 1", u.Epoch)
		}
		if u := claim(t, l, id(1), 10); u.Epoch != 2 || u.Offset != 10 {
			t.Errorf("at its offset: got %+v", u)
		}
		if u := claim(t, l, id(1), -1); u.Epoch != 3 {
			t.Errorf("anywhere: got %+v", u)
		}
	})
}

func TestAClaimWithoutAWriterLeavesNone(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		claim(t, l, id(1), 0)
		for i, want := range []storage.Millis{now + 1, now + 1} { // the second claim finds nobody to fence
			u, err := l.Claim(t.Context(), id(1), -1, "", now+1+storage.Millis(i))
			if err != nil || u.Writer != "" || u.Dirty != want {
				t.Errorf("claim %d: got writer %q, dirty %d, %v; want none, %d", i, u.Writer, u.Dirty, err, want)
			}
		}
	})
}

func TestAReleasedUploadIsNotDirtied(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		c := step(claim(t, l, id(1), 0))
		c.Release = true
		commit(t, l, c)
		if u := claim(t, l, id(1), 0); u.Dirty != 0 || u.Writer != "node-a" {
			t.Errorf("got dirty %d, writer %q", u.Dirty, u.Writer)
		}
	})
}

func TestClosedUploadsTakeNoClaims(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for state, want := range map[storage.State]fault.Kind{
			storage.Complete: fault.Conflict, storage.Failed: fault.Unsupported,
			storage.Cancelled: fault.Gone, storage.Expired: fault.Gone,
		} {
			n := int(state)
			create(t, l, fresh(n))
			c := adding(claim(t, l, id(n), 0), 100, "k/1-1")
			c.State, c.Reason = state, "pixels"
			commit(t, l, c)
			for _, at := range []int64{-1, 0, 100} {
				_, err := l.Claim(t.Context(), id(n), at, "n", now)
				wantKind(t, err, want)
				if state == storage.Failed && fault.Public(err).Reason != "pixels" {
					t.Errorf("got reason %q, want pixels", fault.Public(err).Reason)
				}
			}
		}
	})
}

// Writers race for one offset with claims and commits of their own bytes: exactly one extent may come of it.
func TestOneOfManyWritersWins(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		const writers = 64
		create(t, l, fresh(1))
		epochs := make([]int64, writers)
		errs := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				u, err := l.Claim(t.Context(), id(1), 0, "n", now)
				if err != nil {
					errs[i] = err
					return
				}
				epochs[i] = u.Epoch
				errs[i] = l.Commit(t.Context(), adding(u, 100, storage.RunName(u.Key, u.Epoch, 1, "a")))
			})
		}
		wg.Wait()
		taken, winner := map[int64]bool{}, int64(0)
		for i, err := range errs {
			if e := epochs[i]; e != 0 && taken[e] {
				t.Errorf("epoch %d was given twice", e)
			}
			taken[epochs[i]] = true
			var off *storage.OffsetError
			switch {
			case err == nil && winner != 0:
				t.Errorf("epochs %d and %d both committed", winner, epochs[i])
			case err == nil:
				winner = epochs[i]
			case !fault.Is(err, fault.Superseded) && !errors.As(err, &off):
				t.Errorf("a loser got %v", err)
			}
		}
		u, xs := find(t, l, id(1)), extents(t, l, id(1), 0, 100)
		if winner == 0 || u.Offset != 100 || len(xs) != 1 || xs[0].Blob != storage.RunName(u.Key, winner, 1, "a") {
			t.Errorf("winner %d: got offset %d and extents %v", winner, u.Offset, xs)
		}
	})
}

// A commit may be the claim too: of two that saw the same epoch one is done, once, however often it is tried.
func TestACommitThatClaims(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		u := create(t, l, fresh(1))
		c := adding(u, 10, "k/1-1")
		c.Claim, c.CRC, c.Now = true, 7, now+1
		commit(t, l, c)
		commit(t, l, c)
		if got := find(t, l, id(1)); got.Epoch != u.Epoch+1 || got.Offset != 10 || got.Writer != "" || got.Dirty != 0 {
			t.Errorf("got %+v", got)
		}
		rival := c
		rival.CRC++
		wantKind(t, l.Commit(t.Context(), rival), fault.Superseded)

		held := claim(t, l, id(1), 10)
		seen := held
		c = adding(seen, 10, "k/2-1")
		c.Claim, c.Release, c.Now = true, true, now+2
		commit(t, l, c)
		if got := find(t, l, id(1)); got.Epoch != held.Epoch+1 || got.Writer != "" || got.Dirty != now+2 {
			t.Errorf("over a writer: got epoch %d, writer %q, dirty %d", got.Epoch, got.Writer, got.Dirty)
		}
		wantKind(t, l.Commit(t.Context(), adding(held, 5, "k/2-2")), fault.Superseded)
	})
}
