package tally_test

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cameo/server/rate"
	"cameo/server/rate/tally"
	"cameo/storage"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func count(name string, ends storage.Millis, n int64) rate.Count {
	return rate.Count{Name: name, Ends: ends, N: n}
}

func add(t *testing.T, l *tally.Tally, counts ...rate.Count) []rate.Count {
	t.Helper()
	sums, err := l.Add(t.Context(), counts)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(sums, func(a, b rate.Count) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Ends, b.Ends))
	})
	return sums
}

func TestTally(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := tally.New(db)
		want := func(got []rate.Count, want ...rate.Count) {
			t.Helper()
			if diff := gocmp.Diff(got, want); diff != "" {
				t.Errorf("the sums (-got +want):\n%s", diff)
			}
		}
		want(add(t, l, count("a", 10, 3), count("b'; --", 10, 1)), count("a", 10, 3), count("b'; --", 10, 1))
		want(add(t, l, count("a", 10, 4)), count("a", 10, 7))
		want(add(t, l, count("a", 20, 4)), count("a", 20, 4))
		if err := l.Sweep(t.Context(), 20); err != nil {
			t.Fatal(err)
		}
		want(add(t, l, count("a", 10, 1), count("a", 20, 1)), count("a", 10, 1), count("a", 20, 5))

		full := make([]rate.Count, rate.MostCounts)
		for i := range full {
			full[i] = count(fmt.Sprintf("n%03d", i), 30, int64(i+1))
		}
		want(add(t, l, full...), full...)
	})
}

// Nodes that add to the same rows at the same time lose nothing.
func TestTallyOfManyNodes(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const nodes, rounds = 8, 20
		var wg sync.WaitGroup
		for range nodes {
			wg.Go(func() {
				l := tally.New(db)
				for range rounds {
					if _, err := l.Add(t.Context(), []rate.Count{count("a", 10, 1), count("b", 10, 2), count("c", 10, 3)}); err != nil {
						t.Errorf("add: %v", err)
					}
				}
			})
		}
		wg.Wait()
		for i, got := range add(t, tally.New(db), count("a", 10, 1), count("b", 10, 1), count("c", 10, 1)) {
			if want := int64(nodes*rounds*(i+1) + 1); got.N != want {
				t.Errorf("%s: got %d, want %d", got.Name, got.N, want)
			}
		}
	})
}
