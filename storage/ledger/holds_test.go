package ledger_test

import (
	"sync"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

func hold(t *testing.T, l *ledger.Ledger, holder string) {
	t.Helper()
	if err := l.Hold(t.Context(), id(1), holder); err != nil {
		t.Fatalf("hold by %s: %v", holder, err)
	}
}

func unhold(t *testing.T, l *ledger.Ledger, holder string, due storage.Millis) {
	t.Helper()
	if err := l.Unhold(t.Context(), id(1), holder, due); err != nil {
		t.Fatalf("unhold by %s: %v", holder, err)
	}
}

func TestTheLastHoldsEndMakesAnUploadDue(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		complete(t, l, 1, "k/1-1")
		for _, step := range []struct {
			name string
			do   func()
			want storage.Millis
		}{
			{"nobody's", func() { unhold(t, l, "a", 1) }, now + 500},
			{"first", func() { hold(t, l, "a") }, 0},
			{"twice", func() { hold(t, l, "a") }, 0},
			{"second", func() { hold(t, l, "b") }, 0},
			{"one ends", func() { unhold(t, l, "a", 2) }, 0},
			{"it ends twice", func() { unhold(t, l, "a", 3) }, 0},
			{"the last ends", func() { unhold(t, l, "b", 4) }, 4},
			{"and again", func() { unhold(t, l, "b", 5) }, 4},
			{"held anew", func() { hold(t, l, "b") }, 0},
		} {
			step.do()
			if got := find(t, l, id(1)).Due; got != step.want {
				t.Errorf("%s: got due %d, want %d", step.name, got, step.want)
			}
		}
	})
}

func TestOnlyCompleteUploadsAreHeld(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		wantKind(t, l.Hold(t.Context(), id(1), "a"), fault.Conflict)
		for _, state := range []storage.State{storage.Failed, storage.Cancelled, storage.Expired} {
			c := step(find(t, l, id(1)))
			c.State = state
			commit(t, l, c)
			wantKind(t, l.Hold(t.Context(), id(1), "a"), fault.Conflict)
		}
	})
}

func TestAHeldUploadStays(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		u := complete(t, l, 1, "k/1-1")
		hold(t, l, "a")
		for name, change := range map[string]func(c *storage.Commit){
			"purge":  func(c *storage.Commit) { c.Purge = true },
			"cancel": func(c *storage.Commit) { c.State = storage.Cancelled },
			"expire": func(c *storage.Commit) { c.State = storage.Expired },
		} {
			c := step(u)
			change(&c)
			if err := l.Commit(t.Context(), c); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: got %v, want conflict", name, err)
			}
		}
		postponed := step(u) // by a sweep that looked before the hold
		postponed.State, postponed.Due = storage.Complete, now+900
		commit(t, l, postponed)
		got := find(t, l, id(1))
		if got.State != storage.Complete || got.Due != 0 || len(extents(t, l, id(1), 0, 100)) != 1 {
			t.Errorf("got %v, due %d; want complete, never due, with its bytes", got.State, got.Due)
		}
		unhold(t, l, "a", 1)
		c := step(u)
		c.Purge = true
		commit(t, l, c)
	})
}

func TestHoldsThatEndTogetherLeaveTheUploadDue(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		complete(t, l, 1, "k/1-1")
		holders := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		for _, h := range holders {
			hold(t, l, h)
		}
		var wg sync.WaitGroup
		for _, h := range holders {
			wg.Go(func() {
				if err := l.Unhold(t.Context(), id(1), h, 9); err != nil {
					t.Errorf("unhold: %v", err)
				}
			})
		}
		wg.Wait()
		if got := find(t, l, id(1)).Due; got != 9 {
			t.Errorf("got due %d, want 9", got)
		}
	})
}
