//go:build soak && linux

package servertest_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

// Ten thousand who sign in at once, each with a password that costs 19 MiB to check: few are checked at a time, some wait,
// and all others are told when to come again. The memory stays small, and the service answers others.
func TestSoakSignInStorm(t *testing.T) {
	const most = 256 << 10 // kB
	many := soakTimes(t, 10_000)
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	addUser(t, child)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: many, MaxIdleConns: many}, Timeout: 2 * time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	bodies := []string{
		`{"name":"jane","password":"correct horse"}`, `{"name":"jane","password":"wrong"}`, `{"name":"nobody","password":"wrong"}`,
	}
	var mu sync.Mutex
	seen := map[int]int{}
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range many {
		all.Go(func() {
			<-ready
			got, err := client.Post(child.URL+"/v1/session", "application/json", strings.NewReader(bodies[i%len(bodies)]))
			if err != nil {
				t.Errorf("no answer: %v", err)
				return
			}
			defer got.Body.Close()
			_, _ = io.Copy(io.Discard, got.Body)
			if got.StatusCode == http.StatusTooManyRequests && got.Header.Get("Retry-After") == "" {
				t.Error("a 429 does not say when to come again")
			}
			mu.Lock()
			seen[got.StatusCode]++
			mu.Unlock()
		})
	}
	close(ready)
	var waits []time.Duration
	for range 20 {
		begin := time.Now()
		if got, err := client.Get(child.URL + "/healthz"); err == nil {
			got.Body.Close()
		}
		waits = append(waits, time.Since(begin))
	}
	all.Wait()
	slices.Sort(waits)
	peak := statusKB(t, child.PID(), "VmHWM:")
	t.Logf("%d sign-ins: %v; peak memory %d kB; others waited %s (median)", many, seen, peak, waits[len(waits)/2])
	if peak > most {
		t.Errorf("got a peak memory of %d kB, want %d at most", peak, most)
	}
	if seen[http.StatusCreated] == 0 || seen[http.StatusTooManyRequests] == 0 ||
		seen[http.StatusCreated]+seen[http.StatusUnauthorized]+seen[http.StatusTooManyRequests] != many {
		t.Errorf("got %v, want some let in, and nothing but 201, 401 and 429", seen)
	}
	child.Kill()
}
