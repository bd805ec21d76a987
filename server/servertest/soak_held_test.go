//go:build soak && linux

package servertest_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// held is what a server holds while it has nothing to do.
type held struct {
	files      int // descriptors
	goroutines int
	heap       int // kB after a garbage collection
	resident   int // kB
}

// rest waits until connections and files that nobody uses are closed, and looks.
func (m *mixed) rest() held {
	m.t.Helper()
	const idle = 125 * time.Second // 75 s for a connection; 30 s for a claim, and 90 s until the sweep lets it go
	time.Sleep(idle)
	m.operate("/debug/pprof/heap?gc=1")
	time.Sleep(5 * time.Second) // the collection gives memory back in the background
	return held{
		files:      openFiles(m.t, m.child.PID()),
		goroutines: int(m.metric("go_goroutines")),
		heap:       int(m.metric("go_memstats_heap_alloc_bytes")) >> 10,
		resident:   statusKB(m.t, m.child.PID(), "VmRSS:"),
	}
}

// wantBack is invariant I7: within a tenth, or what a process takes here and there for its own needs.
func (before held) wantBack(t *testing.T, after held) {
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

// metric is the value of one of the server's metrics.
func (m *mixed) metric(name string) float64 {
	m.t.Helper()
	_, after, _ := strings.Cut(m.operate("/metrics"), "\n"+name+" ")
	line, _, _ := strings.Cut(after, "\n")
	value, err := strconv.ParseFloat(line, 64)
	if err != nil {
		m.t.Fatalf("the metric %s: %v", name, err)
	}
	return value
}

// operate asks the operators' listener.
func (m *mixed) operate(at string) string {
	m.t.Helper()
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := web.Get("http://" + m.ops + at)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		m.t.Fatalf("%s: got %d, %v, want 200", at, resp.StatusCode, err)
	}
	return string(text)
}
