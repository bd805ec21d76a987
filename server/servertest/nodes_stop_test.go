package servertest_test

import (
	"testing"

	"cameo/server/servertest"
)

// R06: SIGTERM to a node while 50 uploads come slowly; they go on at the other one.
func stopGracefully(t *testing.T, d *deployment) {
	t.Helper()
	const lines, size = 50, 200_000
	nodes := d.nodes(2)
	jane, content := call(t, nodes[0]), servertest.Picture("me.png", size)
	keys, all := make([]string, lines), make([]*line, lines)
	for n := range lines {
		keys[n] = jane.create(size)
		all[n] = jane.begin(keys[n], 0, size, size, content[:1000*(n+1)])
	}
	jane.stopUnder(nodes[0], all)
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
