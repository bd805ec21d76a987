package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"cameo/association/fetch"
	"cameo/storage/fault"
)

// gate is a server on this machine that holds each request until it is opened.
type gate struct {
	url     string
	allow   fetch.Exception
	arrived chan struct{} // one for each request
	open    chan struct{} // closed to let all pass
}

func newGate(t *testing.T) gate {
	t.Helper()
	g := gate{arrived: make(chan struct{}, 100), open: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.arrived <- struct{}{}
		select {
		case <-g.open:
			w.Write([]byte("GIF89a and more of it"))
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	to := netip.MustParseAddrPort(server.Listener.Addr().String())
	g.url, g.allow = server.URL+"/a.gif", fetch.Exception{Network: netip.PrefixFrom(to.Addr(), 32), Port: to.Port()}
	return g
}

// queued are limits with room for one fetch and one that waits for so long.
func queued(wait time.Duration) fetch.Limits {
	l := fetch.DefaultLimits()
	l.AtOnce, l.Waiting, l.Wait, l.Time, l.Headers = 1, 1, wait, time.Minute, time.Minute
	return l
}

// fetching runs a fetch beside the test.
func fetching(ctx context.Context, f *fetch.Fetcher, url string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := f.Fetch(ctx, url)
		done <- err
	}()
	return done
}

func TestFetchesTakeTurns(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	f := fetcher(queued(time.Minute), g.allow)
	first := fetching(t.Context(), f, g.url)
	<-g.arrived
	second, third := fetching(t.Context(), f, g.url), fetching(t.Context(), f, g.url)
	select { // one of them waits; the other is one too many, and is told so at once
	case err := <-second:
		second = third
		if !fault.Is(err, fault.TooMany) {
			t.Errorf("got %v, want TooMany", err)
		}
	case err := <-third:
		if !fault.Is(err, fault.TooMany) {
			t.Errorf("got %v, want TooMany", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("two wait, want one")
	}
	if n := len(g.arrived); n != 0 {
		t.Errorf("got %d requests at the same time, want 1", n+1)
	}
	close(g.open)
	for _, done := range []<-chan error{first, second} {
		if err := <-done; err != nil {
			t.Errorf("got %v, want no error", err)
		}
	}
}

func TestAFetchDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	f := fetcher(queued(10*time.Millisecond), g.allow)
	first := fetching(t.Context(), f, g.url)
	<-g.arrived
	for range 3 {
		if err := <-fetching(t.Context(), f, g.url); !fault.Is(err, fault.TooMany) {
			t.Errorf("got %v, want TooMany", err)
		}
	}
	close(g.open)
	if err := <-first; err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

func TestAFetchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	f := fetcher(queued(time.Minute), g.allow)
	ctx, end := context.WithCancel(t.Context())
	running := fetching(ctx, f, g.url)
	<-g.arrived
	waiting := fetching(ctx, f, g.url)
	end()
	for _, done := range []<-chan error{running, waiting} {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want Canceled", err)
		}
	}
	close(g.open)
	if err := <-fetching(t.Context(), f, g.url); err != nil {
		t.Errorf("afterwards: got %v, want no error", err)
	}
}

// A failure is held back so that its haste tells nothing, and nobody else waits for that.
func TestFailuresTakeTheirTime(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	close(g.open)
	l := queued(time.Minute)
	l.Floor = time.Hour
	f := fetcher(l, g.allow)
	ctx, end := context.WithCancel(t.Context())
	failing := fetching(ctx, f, "http://127.0.0.1/")
	if err := <-fetching(t.Context(), f, g.url); err != nil {
		t.Errorf("beside it: got %v, want no error", err)
	}
	select {
	case err := <-failing:
		t.Errorf("got %v at once, want it later", err)
	default:
	}
	end()
	if err := <-failing; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}

	l.Floor = 200 * time.Millisecond
	begun := time.Now()
	if err := <-fetching(t.Context(), fetcher(l), "http://127.0.0.1/"); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
	if took := time.Since(begun); took < l.Floor {
		t.Errorf("told after %v, want %v at least", took, l.Floor)
	}
}
