package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"cameo/association"
	"cameo/storage"
)

// How long a verdict is believed without looking at the token again, and of how many tokens it is kept. A
// client that sends an upload in pieces shows one token many times.
const (
	believeFor   = 5 * time.Second
	mostBelieved = 4096
)

// believed remembers tokens that were found valid a moment ago, by their digest. When there are too many it
// forgets them all.
type believed struct {
	clock  storage.Clock
	mu     sync.Mutex
	actors map[digest]belief
}

type digest [sha256.Size]byte

// belief is whom a token speaks of, and the time from which on it must be looked at again.
type belief struct {
	actor association.Actor
	until storage.Millis
}

func newBelieved(clock storage.Clock) *believed {
	return &believed{clock: clock, actors: map[digest]belief{}}
}

// actor is whom a token speaks of, if that is known.
func (b *believed) actor(d digest) (association.Actor, bool) {
	now := b.clock()
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.actors[d]
	return known.actor, now < known.until
}

// add remembers a token that is valid until its expiry, and that is no longer believed then.
func (b *believed) add(d digest, actor association.Actor, expiry storage.Millis) {
	until := min(b.clock().Add(believeFor), expiry)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.actors) >= mostBelieved {
		clear(b.actors)
	}
	b.actors[d] = belief{actor, until}
}
