package servertest_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage/sqldb/sqltest"
)

// callFull is jane, who speaks to an instance that may have no room for her.
func callFull(t *testing.T, i *servertest.Instance) *caller {
	t.Helper()
	jane := callInstance(t, i)
	jane.trouble = true // 507 is no blame
	return jane
}

// raceToCreate makes creations at once, each by another of the callers in turn, and returns the answers by status.
func raceToCreate(t *testing.T, n int, size int64, callers ...*caller) map[int][]answer {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	all := map[int][]answer{}
	for i := range n {
		wg.Go(func() {
			got := callers[i%len(callers)].declare("me.png", "image/png", size)
			mu.Lock()
			defer mu.Unlock()
			all[got.status] = append(all[got.status], got)
		})
	}
	wg.Wait()
	return all
}

// A24: a hundred creations race for what is left of a quota, at one node and at two.
func TestA24QuotasInARace(t *testing.T) {
	t.Parallel()
	servertest.Long(t, "starts PostgreSQL")
	const racers, size = 100, 1000
	postgres := sqltest.Start(t)
	for name, test := range map[string]struct {
		change func(c *boot.Config)
		full   int
		reason string
	}{
		"unfinished uploads": {func(c *boot.Config) { c.MaxOpen = 3 }, http.StatusTooManyRequests, "open"},
		"bytes":              {func(c *boot.Config) { c.MaxTotal = 4*size - 1 }, http.StatusInsufficientStorage, "total"},
		"bytes of a day":     {func(c *boot.Config) { c.MaxDay = 4*size - 1 }, http.StatusInsufficientStorage, "day"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stores := servertest.Stores{
				Database: postgres.Empty(t), Blobs: "disk:" + filepath.Join(t.TempDir(), "blobs"),
				Keys: filepath.Join(t.TempDir(), "keys"),
			}
			one := servertest.Start(t, servertest.Configured(test.change))
			a := servertest.Start(t, servertest.Configured(test.change), servertest.Shared(stores))
			b := servertest.Start(t, servertest.Configured(test.change), servertest.Shared(stores))
			for where, nodes := range map[string][]*servertest.Instance{"one node": {one}, "two nodes": {a, b}} {
				var callers []*caller
				for _, n := range nodes {
					callers = append(callers, callFull(t, n))
				}
				jane := callers[0]
				jane.create(size)
				jane.create(size)
				got := raceToCreate(t, racers, size, callers...)
				if len(got[http.StatusCreated]) != 1 || len(got[test.full]) != racers-1 {
					t.Fatalf("%s: got %d made and %d refused, want 1 and %d", where,
						len(got[http.StatusCreated]), len(got[test.full]), racers-1)
				}
				wantFull(t, got[test.full][0], test.reason)
				john := *jane
				john.token = nodes[0].Token(servertest.Person("john"))
				john.create(size) // he has a quota of his own
			}
		})
	}
}

// wantFull says whether the refusal tells which quota it is, and when to come again if somebody knows.
func wantFull(t *testing.T, got answer, reason string) {
	t.Helper()
	h := got.header
	switch reason {
	case "open":
		if h.Get("Retry-After") != "60" || h.Get("RateLimit") != `"open";r=0` || h.Get("RateLimit-Policy") != `"open";q=3` ||
			h.Get("RateLimit-Remaining") != "0" || h.Get("RateLimit-Reset") != "" {
			t.Errorf("%s: got %v", reason, got)
		}
	case "day":
		wait, err := time.ParseDuration(h.Get("Retry-After") + "s")
		if err != nil || wait <= 0 || wait > 24*time.Hour {
			t.Errorf("%s: got %v, want the seconds until midnight", reason, got)
		}
	case "total":
		if h.Get("Retry-After") != "" {
			t.Errorf("%s: got %v, want no time: none helps", reason, got)
		}
	}
	if want := fmt.Sprintf(`"value":"%s"`, reason); !strings.Contains(string(got.body), want) {
		t.Errorf("got %v, want %s in it", got, want)
	}
}

// A24: what fails, is cancelled or runs out of time gives its room back; of the day's bytes it does not.
func TestA24RoomIsGivenBack(t *testing.T) {
	t.Parallel()
	const size = 1000
	for name, end := range map[string]func(i *servertest.Instance, jane *caller, key string){
		"cancelled": func(_ *servertest.Instance, jane *caller, key string) {
			jane.want("cancel", jane.ask(http.MethodDelete, entry(key), nil, nil), http.StatusNoContent)
		},
		"no picture": func(_ *servertest.Instance, jane *caller, key string) {
			jane.want("text", jane.patch(key, make([]byte, size), 0, size), http.StatusUnsupportedMediaType)
		},
		"too late": func(i *servertest.Instance, _ *caller, _ string) {
			i.Clock.Advance(73 * time.Hour)
			if _, err := i.Engine().Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
				c.MaxOpen, c.MaxTotal, c.MaxDay = 1, size, 2*size
			}))
			jane := callFull(t, i)
			key := jane.create(size)
			jane.want("one more", jane.declare("me.png", "image/png", size), http.StatusTooManyRequests)
			end(i, jane, key)
			jane.token = i.Token(servertest.Person("jane")) // the clock may have gone on
			key = jane.create(size)
			if name == "too late" {
				return // the day is another one
			}
			end(i, jane, key)
			got := jane.want("the day's last", jane.declare("me.png", "image/png", size), http.StatusInsufficientStorage)
			wantFull(t, got, "day")
			i.Clock.Advance(24 * time.Hour)
			jane.token = i.Token(servertest.Person("jane"))
			jane.create(size)
		})
	}
}

// A25: somebody hoards entries without sending a byte. They get as many as one may have, others are served
// meanwhile, and all of it goes when its time is up.
func TestA25Hoard(t *testing.T) {
	t.Parallel()
	servertest.Long(t, "creates 10,000 entries")
	const allowed, tried, size = 100, 10_000, 500
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxOpen = allowed }))
	hoarder := callFull(t, i)
	jane := *hoarder
	hoarder.token = i.Token(servertest.Person("hoarder"))
	done := make(chan struct{})
	got := map[int]int{}
	go func() {
		defer close(done)
		for range tried / 100 {
			for status, all := range raceToCreate(t, 100, 400<<20, hoarder) {
				got[status] += len(all)
			}
		}
	}()
	served := 0
	for over := false; !over; served++ {
		jane.finish(jane.create(size), servertest.Picture("me.png", size))
		select {
		case <-done:
			over = true
		default:
		}
	}
	if got[http.StatusCreated] > allowed || got[http.StatusCreated]+got[http.StatusTooManyRequests]+
		got[http.StatusInsufficientStorage] != tried {
		t.Errorf("got %v, want at most %d made and the others refused", got, allowed)
	}
	t.Logf("jane has uploaded %d pictures meanwhile", served)
	i.Clock.Advance(73 * time.Hour)
	swept, err := i.Engine().Sweep(t.Context())
	if err != nil || swept.Expired != got[http.StatusCreated] {
		t.Errorf("got %d expired (%v), want %d", swept.Expired, err, got[http.StatusCreated])
	}
	hoarder.token = i.Token(servertest.Person("hoarder"))
	hoarder.create(size)
}
