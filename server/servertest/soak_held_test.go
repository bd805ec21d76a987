//go:build soak && linux

package servertest_test

import (
	"testing"
	"time"
)

// atRest is what a server holds while it has nothing to do.
type atRest struct {
	held
	heap     int // kB after a garbage collection
	resident int // kB
}

// rest waits until connections and files that nobody uses are closed, and looks.
func (m *mixed) rest() atRest {
	m.t.Helper()
	const idle = 125 * time.Second // 75 s for a connection; 30 s for a claim, and 90 s until the sweep lets it go
	time.Sleep(idle)
	m.ops.ask("/debug/pprof/heap?gc=1")
	time.Sleep(5 * time.Second) // the collection gives memory back in the background
	return atRest{
		held:     m.ops.look(m.child),
		heap:     int(m.ops.metric("go_memstats_heap_alloc_bytes")) >> 10,
		resident: statusKB(m.t, m.child.PID(), "VmRSS:"),
	}
}

// wantBack is invariant I7: within a tenth, or what a process takes here and there for its own needs.
func (before atRest) wantBack(t *testing.T, after atRest) {
	t.Helper()
	for _, c := range []struct {
		what         string
		got, was, by int
	}{
		{"descriptors", after.files, before.files, 4}, // two more connections of the database's pool
		{"goroutines", after.goroutines, before.goroutines, 4},
		{"kB of heap", after.heap, before.heap, 2 << 10},
		{"kB of memory", after.resident, before.resident, 32 << 10},
	} {
		if most := c.was + max(c.was/10, c.by); c.got > most {
			t.Errorf("got %d %s, want %d at most", c.got, c.what, most)
		}
	}
}
