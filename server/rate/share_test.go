package rate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cameo/server/rate"
	"cameo/server/rate/tally"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// node is one of those that share limits of a hundred.
func node(c *clock) rate.Limits {
	policy := rate.Policy{Quota: 100, Window: 10 * time.Second}
	return rate.Limits{
		Address: rate.NewLimiter(rate.ByAddress, policy, true, c.Now),
		Person:  rate.NewLimiter(rate.ByPerson, policy, true, c.Now),
		Misses:  rate.NewLimiter(rate.ByMisses, policy, true, c.Now),
	}
}

func share(t *testing.T, with rate.Tally, nodes ...rate.Limits) {
	t.Helper()
	for _, n := range nodes {
		if err := n.Share(t.Context(), with); err != nil {
			t.Fatal(err)
		}
	}
}

// left is what jane has left of a limiter.
func left(l *rate.Limiter) int64 {
	s, _ := l.Look(rate.Name("jane"))
	return s.Remaining
}

func TestNodesShareALimit(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, with := newClock(), tally.New(db)
		a, b := node(c), node(c)
		jane := rate.Name("jane")
		want := func(what string, wantA, wantB int64) {
			t.Helper()
			if left(a.Person) != wantA || left(b.Person) != wantB {
				t.Errorf("%s: got %d and %d left, want %d and %d", what, left(a.Person), left(b.Person), wantA, wantB)
			}
		}
		a.Person.Take(jane, 30)
		b.Person.Take(jane, 20)
		a.Misses.Take(jane, 7)
		want("before they talk", 70, 80)
		share(t, with, a, b)
		want("a has told, b has told and heard", 70, 50)
		a.Person.Take(jane, 1)
		share(t, with, a, b)
		want("a has heard", 49, 50)
		b.Person.Take(jane, 9)
		b.Person.Take(jane, 60)
		share(t, with, b)
		if _, ok := b.Person.Take(jane, 1); ok {
			t.Error("a used-up limit allows more")
		}
		if got := left(a.Misses); got != 93 {
			t.Errorf("limits are mixed up: got %d misses left, want 93", got)
		}
		c.pass(10 * time.Second)
		a.Person.Take(jane, 5)
		share(t, with, a, b)
		want("the next window", 95, 100)
	})
}

// flaky is a database that is away at times.
type flaky struct {
	rate.Tally
	away bool
}

func (f *flaky) Add(ctx context.Context, counts []rate.Count) ([]rate.Count, error) {
	if f.away {
		return nil, errors.New("no database")
	}
	return f.Tally.Add(ctx, counts)
}

// While the database is away each node keeps to its own count; what was counted meanwhile is told afterwards,
// once, and what is over is not.
func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, with := newClock(), &flaky{Tally: tally.New(db)}
		a, b := node(c), node(c)
		jane := rate.Name("jane")
		with.away = true
		for i := range 250 { // more than one batch, and jane among them
			a.Person.Take(rate.Name(fmt.Sprint("person ", i)), 1)
		}
		a.Person.Take(jane, 60)
		for range 3 {
			if err := a.Share(t.Context(), with); err == nil {
				t.Error("a failure is not told")
			}
		}
		a.Person.Take(jane, 10)
		if got := left(a.Person); got != 30 {
			t.Errorf("during an outage: got %d left, want 30", got)
		}
		with.away = false
		b.Person.Take(jane, 1)
		share(t, with, a, a, b)
		if got := left(b.Person); got != 29 {
			t.Errorf("after it: got %d left, want 29", got)
		}
		for i := range 250 {
			b.Person.Take(rate.Name(fmt.Sprint("person ", i)), 1)
		}
		share(t, with, b)
		if s, _ := b.Person.Look(rate.Name("person 249")); s.Remaining != 98 {
			t.Errorf("the last of many: got %d left, want 98", s.Remaining)
		}

		with.away = true
		a.Person.Take(jane, 1)
		_ = a.Share(t.Context(), with) // it is away
		c.pass(10 * time.Second)
		with.away = false
		share(t, with, a)
		sums, err := with.Add(t.Context(), []rate.Count{{Name: "person name jane", Ends: c.Now(), N: 1}})
		if err != nil || len(sums) != 1 || sums[0].N != 72 {
			t.Errorf("the window that is over: got %v, %v; want the 71 that were told in time, and one", sums, err)
		}
	})
}

// What is counted while a node is talking is neither lost nor told twice.
func TestCountsDuringAShare(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := newClock()
		a, b := node(c), node(c)
		jane := rate.Name("jane")
		with := &during{Tally: tally.New(db), do: func() { a.Person.Take(jane, 10) }}
		a.Person.Take(jane, 5)
		share(t, with, a) // tells 5, and 10 come meanwhile
		with.do = func() {}
		if got := left(a.Person); got != 85 {
			t.Errorf("got %d left, want 85", got)
		}
		b.Person.Take(jane, 1)
		share(t, with, a, b)
		if got := left(b.Person); got != 84 {
			t.Errorf("the other node: got %d left, want 84", got)
		}
	})
}

type during struct {
	rate.Tally
	do func()
}

func (d *during) Add(ctx context.Context, counts []rate.Count) ([]rate.Count, error) {
	d.do()
	return d.Tally.Add(ctx, counts)
}
