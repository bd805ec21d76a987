package rate

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"cameo/storage"
	"cameo/storage/fault"
)

// mostKeys is of how many keys a Limiter remembers counts; of more it forgets those that were seen longest
// ago. Each takes about 250 bytes.
const mostKeys = 1 << 15

// Limiter holds many keys to one Policy. It is safe for use by many goroutines. The nil Limiter allows
// everything.
type Limiter struct {
	name   string
	policy Policy
	clock  storage.Clock
	shared bool

	mu      sync.Mutex
	counts  *simplelru.LRU[Key, *count]
	changed map[Key]*count // have something that the other nodes do not know yet
}

// count is what was counted of a key in the window that ends then.
type count struct {
	key   Key
	ends  storage.Millis
	known int64 // by all nodes, as far as they have told each other
	fresh int64 // here, and told to nobody yet
	noted bool  // among the Limiter's changed
}

// NewLimiter returns a Limiter. Its name is told to clients and to other nodes. One that is shared must be in
// a Limits that is shared, or it remembers for ever what it has to tell.
func NewLimiter(name string, p Policy, shared bool, clock storage.Clock) *Limiter {
	if p == (Policy{}) {
		return nil
	}
	counts, err := simplelru.NewLRU[Key, *count](mostKeys, nil)
	if err != nil {
		return nil // never: the size is a positive constant
	}
	return &Limiter{
		name: name, policy: p, clock: clock, shared: shared, counts: counts, changed: map[Key]*count{},
	}
}

// Standing is how much of a key's quota is left.
type Standing struct {
	Name      string // of the Limiter, "" when there is no limit
	Policy    Policy
	Remaining int64
	Reset     time.Duration // until the next window begins
}

// Refusal is TooMany until the next window. Its reason is the Limiter's name.
func (s Standing) Refusal() error {
	return fault.New(fault.TooMany, "%s", fault.TooMany.Sentence()).Because(s.Name).Later(s.Reset)
}

// Take counts n under k unless its quota is used up already, which it says with false.
func (l *Limiter) Take(k Key, n int64) (Standing, bool) {
	if l == nil {
		return Standing{}, true
	}
	now := l.clock()
	ends := l.end(now)
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.counts.Get(k)
	if !ok {
		c = &count{key: k}
		l.counts.Add(k, c)
	}
	if c.ends != ends {
		c.ends, c.known, c.fresh = ends, 0, 0
	}
	if c.known+c.fresh >= l.policy.Quota {
		return l.standing(c, now), false
	}
	c.fresh += n
	l.note(c)
	return l.standing(c, now), true
}

// Look says how k stands, and whether its quota has room, without counting.
func (l *Limiter) Look(k Key) (Standing, bool) {
	if l == nil {
		return Standing{}, true
	}
	now := l.clock()
	ends := l.end(now)
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.counts.Get(k)
	if !ok || c.ends != ends {
		c = &count{ends: ends}
	}
	return l.standing(c, now), c.known+c.fresh < l.policy.Quota
}

// note keeps c for the next Share. One that was forgotten and came again takes its own place.
func (l *Limiter) note(c *count) {
	if l.shared && !c.noted {
		c.noted, l.changed[c.key] = true, c
	}
}

// end is when the window of now ends.
func (l *Limiter) end(now storage.Millis) storage.Millis {
	window := storage.Millis(l.policy.Window.Milliseconds())
	return now - now%window + window
}

func (l *Limiter) standing(c *count, now storage.Millis) Standing {
	return Standing{
		Name: l.name, Policy: l.policy, Remaining: max(0, l.policy.Quota-c.known-c.fresh),
		Reset: time.Duration(c.ends-now) * time.Millisecond,
	}
}
