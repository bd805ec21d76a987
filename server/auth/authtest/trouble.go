package authtest

import (
	"net/http"
	"sync"
)

// trouble is what an issuer does instead of its work, and what it was asked.
type trouble struct {
	mu      sync.Mutex
	stalled chan struct{} // nil: it is not
	down    bool
	answers map[string]http.HandlerFunc // by path
	asked   map[string]int              // by path
}

// Stall makes all requests hang until Resume.
func (i *Issuer) Stall() {
	i.trouble.mu.Lock()
	defer i.trouble.mu.Unlock()
	if i.trouble.stalled != nil {
		i.t.Error("the issuer is stalled already")
		return
	}
	i.trouble.stalled = make(chan struct{})
}

// Resume ends Stall. Without a Stall it does nothing.
func (i *Issuer) Resume() {
	i.trouble.mu.Lock()
	defer i.trouble.mu.Unlock()
	if i.trouble.stalled != nil {
		close(i.trouble.stalled)
		i.trouble.stalled = nil
	}
}

// SetDown makes all requests be answered 503, or ends that.
func (i *Issuer) SetDown(down bool) {
	i.trouble.mu.Lock()
	defer i.trouble.mu.Unlock()
	i.trouble.down = down
}

// Answer lets h answer the requests for a path, however wrongly; a nil one ends that.
func (i *Issuer) Answer(path string, h http.HandlerFunc) {
	i.trouble.mu.Lock()
	defer i.trouble.mu.Unlock()
	i.trouble.answers[path] = h
}

// Requests counts the requests for a path so far.
func (i *Issuer) Requests(path string) int {
	i.trouble.mu.Lock()
	defer i.trouble.mu.Unlock()
	return i.trouble.asked[path]
}

// ServeHTTP answers as an issuer does, or as it was told.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.trouble.mu.Lock()
	i.trouble.asked[r.URL.Path]++
	stalled, down, other := i.trouble.stalled, i.trouble.down, i.trouble.answers[r.URL.Path]
	i.trouble.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case down:
		http.Error(w, "down", http.StatusServiceUnavailable)
	case other != nil:
		other(w, r)
	default:
		i.mux.ServeHTTP(w, r)
	}
}
