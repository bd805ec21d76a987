package servertest_test

import (
	"slices"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R02: a node is killed at random moments of one upload. What was acknowledged is there, and of the rest no
// more is lost than one run in memory and one on its way to the store.
func killDuringPatch(t *testing.T, d *deployment) {
	t.Helper()
	const kills, run, size = 6, 16 * mebibyte, 112 * mebibyte
	chance := seeded(t, 2)
	child := d.nodes(1)[0]
	jane, content := call(t, child), servertest.Picture("me.png", size)
	key, acked := jane.create(size), 0
	for n := range kills {
		var sent int
		acked, sent = jane.killed(child, key, content, acked, chance, 3*time.Millisecond, time.Second)
		child.Start()
		child.WaitReady()
		got := jane.stand(key)
		if got < acked || got > sent || sent-got > 2*run {
			t.Fatalf("kill %d: got offset %d, want from %d, which was acknowledged, to %d and near it", n, got, acked, sent)
		}
		acked = got
	}
	jane.finish(key, content)
	child.Kill()
	d.wantTidy()
}

// failpointsOfNodes are those that a node passes on PostgreSQL and S3, with halves that are too large to ride
// in a row.
var failpointsOfNodes = slices.Concat(everywhere, []failpoint{
	{"s3.gathered", 1, firstHalf, 0},
	{"s3.gathered", 2, secondHalf, 1},
	{"s3.gathered", 3, rendering, 2},
	{"s3.put", 1, firstHalf, 0},
	{"s3.put", 2, secondHalf, 1},
	{"s3.put", 3, rendering, 2},
})

// R03 on PostgreSQL and S3: another node goes on where the first has crashed.
func crashAtEveryFailpoint(t *testing.T, all *deployment) {
	t.Helper()
	crashAtEach(t, failpointsOfNodes, 3*mebibyte/2, func(t *testing.T) place {
		d := all.deployment(t)
		return place{
			of:    servertest.ProcessOptions{Stores: d.stores},
			again: servertest.Shared(d.stores), rows: d.rows, tidy: d.wantTidy,
		}
	})
}
