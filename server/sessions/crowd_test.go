package sessions_test

import (
	"net/http"
	"sync"
	"testing"

	"cameo/server/boot"
)

// Of a crowd that signs in at once some wait, and the others are told when to come again. Nobody gets in who should not.
func TestACrowdSignsIn(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *boot.Config) { c.RateMisses.Quota *= 1000 }) // it is the queue that refuses
	right, wrong := signIn, `{"name":"jane","password":"wrong"}`
	var mu sync.Mutex
	seen := map[string]map[int]int{right: {}, wrong: {}}
	var all sync.WaitGroup
	for i := range 400 {
		body := right
		if i%2 == 0 {
			body = wrong
		}
		all.Go(func() {
			got := h.raw(t, "POST", "/v1/session", body)
			if got.StatusCode == http.StatusTooManyRequests && got.Header.Get("Retry-After") != "5" {
				t.Errorf("a 429 says to come again after %q, want 5 seconds: a turn is free again in no time",
					got.Header.Get("Retry-After"))
			}
			if busy := got.StatusCode == http.StatusTooManyRequests; got.Close != busy {
				t.Errorf("%s: closes the connection: %v, want those alone that are told to come again", got.Status, got.Close)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[body][got.StatusCode]++
		})
	}
	all.Wait()
	ins, outs := seen[right], seen[wrong]
	if ins[http.StatusCreated] == 0 || ins[http.StatusTooManyRequests]+outs[http.StatusTooManyRequests] == 0 ||
		ins[http.StatusCreated]+ins[http.StatusTooManyRequests] != 200 || outs[http.StatusUnauthorized]+outs[http.StatusTooManyRequests] != 200 {
		t.Errorf("got %v for the right password and %v for a wrong one, want 201 and 401, or 429", ins, outs)
	}
	want[any](t, h.ask(t, "POST", "/v1/session", signIn), http.StatusCreated)
}
