package rate_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/rate"
	"cameo/storage"
	"cameo/storage/fault"
)

// clock stands still until it is moved. It begins with a window of ten seconds.
type clock struct{ now atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.now.Store(1_700_000_000_000)
	return c
}

func (c *clock) Now() storage.Millis { return storage.Millis(c.now.Load()) }

func (c *clock) pass(d time.Duration) { c.now.Add(d.Milliseconds()) }

func TestPolicies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]rate.Policy{
		"off":     {},
		"600/10s": {Quota: 600, Window: 10 * time.Second},
		"1/24h":   {Quota: 1, Window: 24 * time.Hour},
	} {
		var got rate.Policy
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "0", "600", "600/", "/10s", "0/10s", "-1/10s", "1.5/10s", "600/10", "600/0s", "600/-10s", "600/1500ms",
		"600/25h", "9999999999999999999/1s", "on", "600/10s/2",
	} {
		var got rate.Policy
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got %v, want it refused", text, got)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	same := func(a, b string) bool { return rate.Address(a) == rate.Address(b) }
	for _, pair := range [][2]string{
		{"203.0.113.7", "::ffff:203.0.113.7"},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"},
		{"fe80::1%eth0", "fe80::1%eth1"},
		{"", "no address"},
	} {
		if !same(pair[0], pair[1]) {
			t.Errorf("%s and %s are counted apart", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{
		{"203.0.113.7", "203.0.113.8"}, {"2001:db8:1:2::1", "2001:db8:1:3::1"}, {"203.0.113.7", ""},
	} {
		if same(pair[0], pair[1]) {
			t.Errorf("%s and %s are counted as one", pair[0], pair[1])
		}
	}
	if rate.Name("203.0.113.7") == rate.Address("203.0.113.7") ||
		rate.Name("203.0.113.7").String() == rate.Address("203.0.113.7").String() {
		t.Error("somebody is taken for the address that they are named like")
	}
}

func TestAQuotaAndItsWindow(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := rate.NewLimiter("tests", rate.Policy{Quota: 3, Window: 10 * time.Second}, false, c.Now)
	jane, john := rate.Name("jane"), rate.Name("john")
	take := func(k rate.Key, n int64, wantOK bool, left int64) {
		t.Helper()
		if s, ok := l.Look(k); ok != wantOK {
			t.Errorf("a look first: got %v, %+v", ok, s)
		}
		s, ok := l.Take(k, n)
		if ok != wantOK || s.Remaining != left || s.Name != "tests" {
			t.Errorf("got %v and %d left, want %v and %d", ok, s.Remaining, wantOK, left)
		}
	}
	take(jane, 1, true, 2)
	take(jane, 1, true, 1)
	c.pass(4 * time.Second)
	take(jane, 1, true, 0)
	take(jane, 1, false, 0)
	take(john, 5, true, 0)
	take(john, 1, false, 0)
	s, _ := l.Take(jane, 1)
	err := s.Refusal()
	if p := fault.Public(err); fault.Of(err) != fault.TooMany || p.After != 6*time.Second || p.Reason != "tests" {
		t.Errorf("got %v, again after %v, because of %q", err, p.After, p.Reason)
	}
	c.pass(5999 * time.Millisecond)
	take(jane, 1, false, 0)
	c.pass(time.Millisecond)
	take(jane, 1, true, 2)
	c.pass(-time.Hour) // a clock that was wrong does not lock anybody out
	take(jane, 1, true, 2)
}

func TestNoLimit(t *testing.T) {
	t.Parallel()
	l := rate.NewLimiter("tests", rate.Policy{}, true, newClock().Now)
	for range 100 {
		if s, ok := l.Take(rate.Name("jane"), 1<<40); !ok || s != (rate.Standing{}) {
			t.Fatalf("got %+v, %v", s, ok)
		}
	}
	if _, ok := l.Look(rate.Name("jane")); !ok {
		t.Error("a look is refused")
	}
	if err := (rate.Limits{}).Share(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// Those who come in masses do not make the limiter grow without end, and who came last is remembered.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	l := rate.NewLimiter("tests", rate.Policy{Quota: 1, Window: time.Hour}, false, newClock().Now)
	const crowd = 1<<15 + 1
	for i := range crowd {
		l.Take(rate.Name(fmt.Sprint(i)), 1)
	}
	if _, ok := l.Look(rate.Name(fmt.Sprint(crowd - 1))); ok {
		t.Error("the last one is forgotten")
	}
	if _, ok := l.Look(rate.Name("0")); !ok {
		t.Error("the first of too many is still remembered")
	}
}

func TestARaceForOneQuota(t *testing.T) {
	t.Parallel()
	l := rate.NewLimiter("tests", rate.Policy{Quota: 100, Window: time.Hour}, false, newClock().Now)
	var wg sync.WaitGroup
	var taken atomic.Int64
	for range 50 {
		wg.Go(func() {
			for range 50 {
				if _, ok := l.Take(rate.Name("jane"), 1); ok {
					taken.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got := taken.Load(); got != 100 {
		t.Errorf("got %d, want 100", got)
	}
}

// The check stands before each request: its cost is in the benchmark's output, and no allocation is among it.
func BenchmarkTake(b *testing.B) {
	l := rate.NewLimiter("tests", rate.Policy{Quota: 1 << 40, Window: time.Hour}, true, func() storage.Millis { return storage.At(time.Now()) })
	b.ReportAllocs()
	for b.Loop() {
		l.Take(rate.Address("203.0.113.7"), 1)
	}
}
