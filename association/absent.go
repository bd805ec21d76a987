package association

import (
	"sync"
	"time"

	"cameo/storage"
)

// That a community is not there is remembered for absentTime, and of so many at once: an issuer may name many
// to each person that are none of this instance, and each would cost two statements a request.
const (
	absentTime = 5 * time.Second
	mostAbsent = 1024
)

// absent remembers communities that were not there a moment ago. When there are too many it forgets them all.
type absent struct {
	clock storage.Clock
	mu    sync.Mutex
	until map[storage.Community]storage.Millis // when each must be looked for again
}

func newAbsent(clock storage.Clock) *absent {
	return &absent{clock: clock, until: map[storage.Community]storage.Millis{}}
}

// has says whether c was not there a moment ago.
func (a *absent) has(c storage.Community) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.clock() < a.until[c]
}

// add remembers that c is not there.
func (a *absent) add(c storage.Community) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.until) >= mostAbsent {
		clear(a.until)
	}
	a.until[c] = a.clock().Add(absentTime)
}
