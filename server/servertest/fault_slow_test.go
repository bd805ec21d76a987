package servertest_test

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R30: 2,000 clients send half the head of a request and no more (slowloris).
func TestR30HalfHeads(t *testing.T) {
	servertest.Long(t, "10 seconds with 2,000 connections")
	const lines, closed, p99 = 2000, 10 * time.Second, 100 * time.Millisecond
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	jane := call(t, child)
	key := jane.create(1000)
	all := make([]*line, lines)
	begin := time.Now()
	for n := range all {
		all[n] = jane.dial()
		all[n].say("PATCH " + entry(key) + " HTTP/1.1\r\nHost: cameo.test\r\nContent-Le")
	}
	var waiting sync.WaitGroup
	for _, l := range all {
		waiting.Go(func() { l.wantClosed(time.Until(begin.Add(within(closed)))) })
	}
	over := make(chan struct{})
	go func() { waiting.Wait(); close(over) }()
	var took []time.Duration
	for done := false; !done; {
		at := time.Now()
		if got := jane.look(key); got != 0 {
			t.Fatalf("got offset %d, want 0", got)
		}
		took = append(took, time.Since(at))
		select {
		case <-over:
			done = true
		case <-time.After(5 * time.Millisecond):
		}
	}
	slices.Sort(took)
	got := took[len(took)*99/100]
	t.Logf("a GET took %s in the 99th percentile of %d", got, len(took))
	if got > within(p99) {
		t.Errorf("a GET took %s in the 99th percentile of %d, want %s", got, len(took), within(p99))
	}
}

// R31: 500 uploads that come at a byte a second are cut, and what came is kept.
func TestR31SlowBodies(t *testing.T) {
	servertest.Long(t, "the half minute over which the rate is measured")
	t.Parallel()
	const lines, size, first, window = 500, 100_000, 1000, 30 * time.Second
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--max-open", "0"}})
	child.WaitReady()
	jane, content := call(t, child), servertest.Picture("me.png", size)
	keys, all := make([]string, lines), make([]*line, lines)
	for n := range lines {
		keys[n] = jane.create(size)
	}
	for n, key := range keys {
		all[n] = jane.begin(key, 0, size, size, content[:first])
	}
	begin, sent := time.Now(), make([]int, lines)
	var dripping sync.WaitGroup
	for n, l := range all {
		dripping.Go(func() { sent[n] = first + drip(l, content[first:], begin.Add(within(window+10*time.Second))) })
	}
	dripping.Wait()
	if took := time.Since(begin); took < window/2 {
		t.Errorf("all were cut after %s, want the rate to be measured over %s", took, window)
	}
	for n, key := range keys {
		switch at := jane.look(key); {
		case sent[n] == first:
			t.Fatalf("line %d still stands", n)
		case at < sent[n]-3 || at > sent[n]: // the last drops may meet a line that is closed already
			t.Errorf("line %d: got offset %d, want the %d sent", n, at, sent[n])
		}
	}
	jane.finish(keys[0], content)
	child.Kill()
	wantTidy(t, child.Data)
}

// drip sends a byte a second until the line is closed, and returns how many. 0 if it still stands at the end.
func drip(l *line, content []byte, until time.Time) int {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		if got, err := l.hear(http.MethodPatch); err == nil && got.status < http.StatusBadRequest {
			l.t.Errorf("got %v for a body that was cut", got)
		}
	}()
	for n := 0; time.Now().Before(until); n++ {
		select {
		case <-cut:
			return n
		case <-every.C:
			if _, err := l.Write(content[n : n+1]); err != nil {
				<-cut
				return n + 1
			}
		}
	}
	l.Close()
	<-cut
	return 0
}

// R31: an upload that is kept alive by requests of one byte is ended by its age.
func TestR31TinyRequests(t *testing.T) {
	servertest.Long(t, "waits for an expiry")
	t.Parallel()
	const expiry = 4 * time.Second
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--expiry", expiry.String()}})
	child.WaitReady()
	jane, content := call(t, child), servertest.Picture("me.png", 10_000)
	key := jane.create(len(content))
	begin := time.Now()
	for n := 0; ; n++ {
		got := jane.patch(key, content, n, n+1)
		if got.status == http.StatusGone {
			break
		}
		jane.want("a byte", got, http.StatusAccepted)
		if time.Since(begin) > expiry {
			child.Run("sweep", "--data", child.Data, "--expiry", expiry.String())
		}
		if time.Since(begin) > within(4*expiry) {
			t.Fatalf("the upload still takes bytes %s after it was created", time.Since(begin))
		}
		time.Sleep(20 * time.Millisecond)
	}
	if took := time.Since(begin); took < expiry {
		t.Errorf("the upload ended after %s, want %s", took, expiry)
	}
	jane.want("status", jane.ask(http.MethodHead, entry(key), nil, nil), http.StatusGone)
	child.Kill()
	wantTidy(t, child.Data)
}

// R06: SIGTERM while 50 uploads come slowly.
func TestR06GracefulStop(t *testing.T) {
	t.Parallel()
	const lines, size = 50, 200_000
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	jane, content := call(t, child), servertest.Picture("me.png", size)
	keys, all := make([]string, lines), make([]*line, lines)
	for n := range lines {
		keys[n] = jane.create(size)
		all[n] = jane.begin(keys[n], 0, size, size, content[:1000*(n+1)])
	}
	jane.stopUnder(child, all)

	child.Start()
	child.WaitReady()
	jane.trouble = false
	for n, key := range keys {
		if at := jane.look(key); at != 1000*(n+1) {
			t.Errorf("upload %d: got offset %d after the restart, want %d", n, at, 1000*(n+1))
		}
		jane.finish(key, content)
	}
	child.Kill()
	wantTidy(t, child.Data)
}

// stopUnder sends SIGTERM to a child that holds 1000 bytes more on each line than on the one before. It shuts its
// listener at once, says that it is not ready, acknowledges what has come, and ends.
func (c *caller) stopUnder(child *servertest.Child, all []*line) {
	c.t.Helper()
	const ceiling = 10 * time.Second
	balancer := c.dial() // its question is on its way when the signal comes
	balancer.say("GET /readyz HTTP/1.1\r\nHost: cameo.test\r\n")
	arrive()

	begin := time.Now()
	child.Signal(syscall.SIGTERM)
	for deaf := false; !deaf; {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(child.URL, "http://"), time.Second)
		if deaf = err != nil; deaf {
			break
		}
		conn.Close()
		if time.Since(begin) > within(time.Second) {
			c.t.Fatalf("the listener is open %s after SIGTERM", time.Since(begin))
		}
	}
	c.trouble = true
	balancer.say("\r\n")
	if got, err := balancer.hear(http.MethodGet); err == nil { // net/http hangs up on most questions by then
		c.want("readiness", got, http.StatusServiceUnavailable)
	} else if !broken(err) {
		c.t.Errorf("readiness: %v", err)
	}
	for n, l := range all {
		if got := l.must(http.MethodPatch); got.offset() != 1000*(n+1) {
			c.t.Errorf("line %d: got offset %d, want %d", n, got.offset(), 1000*(n+1))
		} else {
			c.wantWaiting("the stopped PATCH", got)
		}
	}
	if code := child.Wait(ceiling); code != 0 {
		c.t.Errorf("got exit code %d, want 0; it said:\n%s", code, child.Said())
	}
	wantTook(c.t, "the stop", begin, ceiling)
}
