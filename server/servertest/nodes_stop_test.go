package servertest_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R06: SIGTERM to a node while 50 uploads come slowly; they go on at the other one.
func stopGracefully(t *testing.T, d *deployment) {
	t.Helper()
	const lines, size, ceiling = 50, 200_000, 10 * time.Second
	nodes := d.nodes(2)
	jane, content := call(t, nodes[0]), servertest.Picture("me.png", size)
	keys, all := make([]string, lines), make([]*line, lines)
	for n := range lines {
		keys[n] = jane.create(size)
		all[n] = jane.begin(keys[n], 0, size, size, content[:1000*(n+1)])
	}
	arrive()
	begin := time.Now()
	nodes[0].Signal(syscall.SIGTERM)
	jane.trouble = true
	for n, l := range all {
		if got := l.must(http.MethodPatch); got.offset() != 1000*(n+1) {
			t.Errorf("line %d: got offset %d, want %d", n, got.offset(), 1000*(n+1))
		} else {
			jane.wantWaiting("the stopped PATCH", got)
		}
	}
	if code := nodes[0].Wait(within(ceiling)); code != 0 {
		t.Errorf("got exit code %d, want 0; it said:\n%s", code, nodes[0].Said())
	}
	if took := time.Since(begin); took > within(ceiling) {
		t.Errorf("the stop took %s, want %s", took, within(ceiling))
	}
	jane = call(t, nodes[1])
	for n, key := range keys {
		if at := jane.look(key); at != 1000*(n+1) {
			t.Errorf("upload %d: the other node says offset %d, want %d", n, at, 1000*(n+1))
		}
		jane.finish(key, content)
	}
	nodes[1].Kill()
	d.wantTidy()
}
