package rate

import (
	"cmp"
	"context"
	"slices"

	"cameo/storage"
)

// Tally is what nodes tell each other through.
type Tally interface {
	// Add adds counts, MostCounts at most and each Name and Ends once, to what all nodes have added, and returns
	// the sums.
	Add(ctx context.Context, counts []Count) ([]Count, error)
	// Sweep drops what ended before now.
	Sweep(ctx context.Context, now storage.Millis) error
}

// MostCounts is how many counts one Add may bring.
const MostCounts = 100

// Count is what was counted under a name in the window that ends then.
type Count struct {
	Name string
	Ends storage.Millis
	N    int64
}

// Share tells the other nodes what was counted here since the last Share, and learns what all have counted of
// the same keys. What could not be told is told by the next one, if its window is not over by then. One Share
// runs at a time.
func (l Limits) Share(ctx context.Context, t Tally) error {
	var all []news
	for _, one := range []*Limiter{l.Address, l.Person, l.Misses} {
		all = append(all, one.collect()...)
	}
	// In one order on all nodes, so that no two of them wait for each other's rows.
	slices.SortFunc(all, func(a, b news) int { return cmp.Compare(a.Name, b.Name) })
	var failed error
	for batch := range slices.Chunk(all, MostCounts) {
		var sums map[Count]int64
		if failed == nil {
			sums, failed = tell(ctx, t, batch)
		}
		for _, n := range batch {
			n.of.learn(n, sums)
		}
	}
	return failed
}

// news is a Count that the other nodes do not know yet.
type news struct {
	Count
	of   *Limiter
	from *count
}

// collect is what there is to tell.
func (l *Limiter) collect() []news {
	if l == nil {
		return nil
	}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []news
	for k, c := range l.changed {
		c.noted = false
		if c.fresh > 0 && c.ends > now {
			all = append(all, news{Count{l.name + " " + k.String(), c.ends, c.fresh}, l, c})
		}
	}
	clear(l.changed)
	return all
}

// tell adds a batch to the tally. The sums are by Count with N 0.
func tell(ctx context.Context, t Tally, batch []news) (map[Count]int64, error) {
	counts := make([]Count, len(batch))
	for i, n := range batch {
		counts[i] = n.Count
	}
	added, err := t.Add(ctx, counts)
	if err != nil {
		return nil, err
	}
	sums := make(map[Count]int64, len(added))
	for _, c := range added {
		sums[Count{c.Name, c.Ends, 0}] = c.N
	}
	return sums, nil
}

// learn takes the sum for what was told, if it was told. What was counted meanwhile waits for the next time.
func (l *Limiter) learn(n news, sums map[Count]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.from.ends != n.Ends {
		return
	}
	if sum, ok := sums[Count{n.Name, n.Ends, 0}]; ok {
		n.from.known = sum
		n.from.fresh -= n.N
	}
	if n.from.fresh > 0 {
		l.note(n.from)
	}
}
