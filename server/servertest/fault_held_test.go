package servertest_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

// operator reads what a child tells of itself at the listener for operators.
type operator struct {
	t  *testing.T
	at string // host and port
}

// ask is a GET that must succeed.
func (o operator) ask(path string) string {
	o.t.Helper()
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := web.Get("http://" + o.at + path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		o.t.Fatalf("%s: got %d, %v, want 200", path, resp.StatusCode, err)
	}
	return string(text)
}

// metric is the value of one of the child's metrics.
func (o operator) metric(name string) float64 {
	o.t.Helper()
	_, after, _ := strings.Cut(o.ask("/metrics"), "\n"+name+" ")
	line, _, _ := strings.Cut(after, "\n")
	value, err := strconv.ParseFloat(line, 64)
	if err != nil {
		o.t.Fatalf("the metric %s: %v", name, err)
	}
	return value
}

// ours is how many goroutines run this program's own code, at any depth. Those of idle connections do not.
func (o operator) ours() int {
	o.t.Helper()
	sum := 0
	for stack := range strings.SplitSeq(o.ask("/debug/pprof/goroutine?debug=1"), "\n\n") {
		if !strings.Contains(stack, "\tcameo/") {
			continue
		}
		count, _, _ := strings.Cut(stack, " @ ")
		count = count[strings.LastIndex(count, "\n")+1:] // the first has the profile's title above it
		n, err := strconv.Atoi(count)
		if err != nil {
			o.t.Fatalf("the profile of goroutines: %v", err)
		}
		sum += n
	}
	return sum
}

// held is what a child holds.
type held struct {
	files      int // descriptors
	goroutines int
	ours       int // of the goroutines
}

func (o operator) look(child *servertest.Child) held {
	o.t.Helper()
	return held{openFiles(o.t, child.PID()), int(o.metric("go_goroutines")), o.ours()}
}

// back says whether a child that held before has come back to that, or a few connections more.
func (after held) back(before held) bool {
	const few = 4
	return after.ours <= before.ours && after.files <= before.files+max(before.files/10, few) &&
		after.goroutines <= before.goroutines+max(before.goroutines/10, few)
}

// holding is what nodes held before a fault.
type holding struct {
	nodes     []*servertest.Child
	operators []operator
	before    []held
}

// watched starts nodes whose descriptors and goroutines are counted. Each has been used, as the pools of its
// connections fill only then.
func (d *deployment) watched(n int, flags ...string) ([]*servertest.Child, holding) {
	d.t.Helper()
	const hands, size = 8, 100_000
	var h holding
	for range n {
		at := freeAddress(d.t)
		child := d.nodes(1, append([]string{"--ops-listen", at}, flags...)...)[0]
		jane, content := call(d.t, child), servertest.Picture("me.png", size)
		var all sync.WaitGroup
		for range hands {
			all.Go(func() { jane.finish(jane.create(size), content) })
		}
		all.Wait()
		h.nodes, h.operators = append(h.nodes, child), append(h.operators, operator{d.t, at})
		jane.web.CloseIdleConnections()
	}
	for i, o := range h.operators {
		h.before = append(h.before, o.look(h.nodes[i]))
	}
	return h.nodes, h
}

// wantBack is invariant I7: when the callers have hung up, each node comes back to a tenth above what it held
// before the fault, and all that it has begun itself has ended. A connection to the store may stand for a minute
// after its use.
func (h holding) wantBack(callers ...*caller) {
	const ceiling = 90 * time.Second
	for _, c := range callers {
		c.web.CloseIdleConnections()
	}
	begin := time.Now()
	for i, o := range h.operators {
		before, after := h.before[i], o.look(h.nodes[i])
		for ; !after.back(before); after = o.look(h.nodes[i]) {
			if time.Since(begin) > ceiling {
				o.t.Errorf("node %d: got %+v, want about %+v as before", i, after, before)
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		o.t.Logf("node %d: %+v before the fault, %+v %s after it", i, before, after, time.Since(begin))
	}
}
