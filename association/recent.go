package association

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"cameo/storage"
)

// Photos that were looked up are remembered for recentTime, and so many at once. The time is the promise
// about other nodes: a photo that was removed there is served here no longer than that.
const (
	recentTime = 500 * time.Millisecond
	mostRecent = 1024
)

// recent remembers Ready photos that were looked up a moment ago: a picture that many look at costs a look
// into the database now and then, instead of one each time. After a removal in this process it is empty, and
// nothing that was read before comes in later. When there are too many photos it forgets them all.
type recent struct {
	clock  storage.Clock
	mu     sync.RWMutex
	photos map[recentKey]sighting
	clears atomic.Int64 // counts the calls of forget; grows under mu
}

type recentKey struct {
	community storage.Community
	version   Version
}

// sighting is a photo, and the time from which on it must be looked up again.
type sighting struct {
	photo Photo
	until storage.Millis
}

func newRecent(clock storage.Clock) *recent {
	return &recent{clock: clock, photos: map[recentKey]sighting{}}
}

// find returns the photo, by look if it is not remembered.
func (r *recent) find(
	ctx context.Context, c storage.Community, v Version,
	look func(context.Context, storage.Community, Version) (Photo, error),
) (Photo, error) {
	key, now := recentKey{c, v}, r.clock()
	r.mu.RLock()
	seen, clears := r.photos[key], r.clears.Load()
	r.mu.RUnlock()
	if now < seen.until {
		return seen.photo, nil
	}
	p, err := look(ctx, c, v)
	if err != nil || p.State != Ready {
		return p, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if clears != r.clears.Load() { // it may be gone by now
		return p, nil
	}
	if len(r.photos) >= mostRecent {
		clear(r.photos)
	}
	r.photos[key] = sighting{p, now.Add(recentTime)}
	return p, nil
}

// fresh returns what says whether a photo is still remembered as it is now, which is for a moment at most. It
// costs nothing to ask.
func (r *recent) fresh(p Photo) func() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	until, clears := r.photos[recentKey{p.Community, p.Version}].until, r.clears.Load()
	return func() bool {
		now := r.clock()
		return now < until && clears == r.clears.Load() && p.Served(now)
	}
}

// forget forgets all photos. It is called after a removal was committed, or may have been.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.photos)
	r.clears.Add(1)
}
