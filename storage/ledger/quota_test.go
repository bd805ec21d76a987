package ledger_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

func TestQuotasBoundOneOwner(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		complete(t, l, 1, "aaaaaaaaaa/1-1")
		create(t, l, fresh(2))
		unknown := fresh(3)
		unknown.Length = storage.Unknown
		create(t, l, unknown)
		dead := step(claim(t, l, create(t, l, fresh(4)).ID, 0))
		dead.State = storage.Expired
		commit(t, l, dead)
		// jane has two open uploads, 100 bytes of a complete one and 100 of an open one.
		for name, test := range map[string]struct {
			quota storage.Quota
			owner storage.Subject
			kind  fault.Kind
			words string
		}{
			"none":              {storage.Quota{}, "jane", 0, ""},
			"open, room":        {storage.Quota{Open: 3}, "jane", 0, ""},
			"open, at the end":  {storage.Quota{Open: 2}, "jane", fault.TooMany, "2 uploads"},
			"open, other owner": {storage.Quota{Open: 2}, "john", 0, ""},
			"bytes, room":       {storage.Quota{Bytes: 300}, "jane", 0, ""},
			"bytes, at the end": {storage.Quota{Bytes: 299}, "jane", fault.Full, "200 of 299 bytes"},
			"bytes, alone":      {storage.Quota{Bytes: 99}, "john", fault.Full, "0 of 99 bytes"},
			"bytes, deferred":   {storage.Quota{Bytes: 349, Deferred: 50}, "jane", fault.Full, "250 of 349 bytes"},
		} {
			t.Run(name, func(t *testing.T) {
				u := fresh(5)
				u.Owner = test.owner
				_, err := l.Create(t.Context(), u, test.quota)
				wantKind(t, err, test.kind)
				if err != nil && !strings.Contains(err.Error(), test.words) {
					t.Errorf("got %q, want the bound %q in it", err, test.words)
				}
				if err == nil { // make room for the next case
					commit(t, l, storage.Commit{ID: u.ID, Purge: true})
				}
			})
		}
	})
}

// A hundred creations race for the room of seven, in each quota, and after each of the seven has gone for the one
// that is left. What can be used up is never exceeded.
func TestAQuotaHoldsInARace(t *testing.T) {
	const racers, room = 100, 7
	for name, test := range map[string]struct {
		quota  storage.Quota
		length int64
		kind   fault.Kind
		again  int // how many fit in once one is cancelled
	}{
		"open":            {storage.Quota{Open: room}, 100, fault.TooMany, 1},
		"bytes":           {storage.Quota{Bytes: room*100 + 99}, 100, fault.Full, 1},
		"bytes, deferred": {storage.Quota{Bytes: room*100 + 99, Deferred: 100}, storage.Unknown, fault.Full, 1},
		"day":             {storage.Quota{Day: room*100 + 99}, 100, fault.Full, 0},
		"day, deferred":   {storage.Quota{Day: room*100 + 99, Deferred: 100}, storage.Unknown, fault.Full, 0},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, l *ledger.Ledger) {
				race := func(from int) (made []storage.Upload) {
					var wg sync.WaitGroup
					var mu sync.Mutex
					for i := range racers {
						wg.Go(func() {
							u := fresh(from + i)
							u.Length = test.length
							u, err := l.Create(t.Context(), u, test.quota)
							mu.Lock()
							defer mu.Unlock()
							if err == nil {
								made = append(made, u)
							} else if !fault.Is(err, test.kind) {
								t.Errorf("got %v, want %v", err, test.kind)
							}
						})
					}
					wg.Wait()
					return made
				}
				made := race(0)
				if len(made) != room {
					t.Fatalf("got %d uploads, want %d", len(made), room)
				}
				c := step(claim(t, l, made[0].ID, 0))
				c.State = storage.Cancelled
				commit(t, l, c)
				if got := len(race(racers)); got != test.again {
					t.Errorf("after one was cancelled: got %d more, want %d", got, test.again)
				}
			})
		})
	}
}

func TestADayOfBytes(t *testing.T) {
	const midnight = now - now%86_400_000
	quota := storage.Quota{Day: 250}
	for name, test := range map[string]struct {
		at    []storage.Millis // creations of 100 bytes each
		kinds []fault.Kind
	}{
		"a day": {
			[]storage.Millis{midnight, midnight + 1, midnight + 86_399_999},
			[]fault.Kind{0, 0, fault.Full},
		},
		"the next day": {
			[]storage.Millis{midnight, midnight + 1, midnight + 86_400_000, midnight + 86_400_001, midnight + 86_400_002},
			[]fault.Kind{0, 0, 0, 0, fault.Full},
		},
		"nodes that do not agree whether it is midnight": {
			[]storage.Millis{midnight - 1, midnight, midnight - 1, midnight, midnight - 1},
			[]fault.Kind{0, 0, 0, fault.Full, fault.Full},
		},
		"a clock that was a year ahead": {
			[]storage.Millis{midnight + 365*86_400_000, midnight + 365*86_400_000, midnight, midnight, midnight},
			[]fault.Kind{0, 0, 0, 0, fault.Full},
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, l *ledger.Ledger) {
				for i, at := range test.at {
					u := fresh(i)
					u.Created = at
					_, err := l.Create(t.Context(), u, quota)
					wantKind(t, err, test.kinds[i])
					rest := time.Duration(86_400_000-at%86_400_000) * time.Millisecond
					if err != nil && fault.Public(err).After != rest {
						t.Errorf("come again: got %v, want %v", fault.Public(err).After, rest)
					}
				}
			})
		})
	}
}

// A request that is sent again because its answer was lost does not count twice.
func TestARepeatIsNotCounted(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		quota := storage.Quota{Open: 2, Bytes: 200, Day: 200}
		u := fresh(1)
		u.Request = "once"
		for i := range 5 {
			u.ID = id(1 + i)
			if made, err := l.Create(t.Context(), u, quota); err != nil || made.ID != id(1) {
				t.Fatalf("repeat %d: got %v, %v", i, made.ID, err)
			}
		}
		_, err := l.Create(t.Context(), fresh(8), quota)
		wantKind(t, err, 0)
		for range 2 { // what is full answers even so
			made, err := l.Create(t.Context(), u, quota)
			if err != nil || made.ID != id(1) {
				t.Errorf("a repeat when all is full: got %v, %v", made.ID, err)
			}
		}
		_, err = l.Create(t.Context(), fresh(9), quota)
		wantKind(t, err, fault.TooMany)
	})
}

// An upload whose length comes later counts for the most that it may become, and then for what it is.
func TestALengthThatComesLater(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		quota := storage.Quota{Bytes: 1100, Day: 1100, Deferred: 1000}
		u := fresh(1)
		u.Length = storage.Unknown
		if _, err := l.Create(t.Context(), u, quota); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Create(t.Context(), fresh(2), quota); err != nil {
			t.Fatal(err)
		}
		_, err := l.Create(t.Context(), fresh(3), quota)
		wantKind(t, err, fault.Full)

		c := adding(claim(t, l, id(1), 0), 60, "k/1-1")
		c.Length, c.Deferred = 100, 1000
		commit(t, l, c)
		commit(t, l, c)        // the answer was lost
		for i := range 9 + 1 { // 900 bytes are free again
			_, err := l.Create(t.Context(), fresh(10+i), quota)
			wantKind(t, err, map[bool]fault.Kind{true: fault.Full}[i == 9])
		}
	})
}
