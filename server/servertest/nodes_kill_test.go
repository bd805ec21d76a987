package servertest_test

import (
	"slices"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R02: a node is killed 20 times, at random moments of uploads that come in turn as fast as they go and slowly. What
// was acknowledged is there. Of the rest, no more is lost than the runs that wait for the store, and what comes
// meanwhile as far as pages and sockets hold it, which is less than a run. No file is left behind.
func killDuringPatch(t *testing.T, d *deployment) {
	t.Helper()
	const kills, run, waiting, size = 20, 16 * mebibyte, 4, 144 * mebibyte
	chance, temp := seeded(t, 2), t.TempDir()
	child := servertest.Process(t, servertest.ProcessOptions{Stores: d.stores, Env: []string{"TMPDIR=" + temp}})
	child.WaitReady()
	jane, content := call(t, child), servertest.Picture("me.png", size)
	key, acked := jane.create(size), 0
	for n := range kills {
		pause, until, most := time.Duration(0), 5*run, (waiting+1)*run
		if n%2 == 1 { // slower than the store: a run in memory, and one on its way
			pause, until, most = time.Millisecond, 2*run, 2*run
		}
		if acked+until+mebibyte > size {
			jane.finish(key, content)
			key, acked = jane.create(size), 0
		}
		var sent int
		acked, sent = jane.killed(child, key, content, acked, chance, pause, until)
		child.Start()
		child.WaitReady()
		got := jane.stand(key)
		t.Logf("kill %d: %d acknowledged, %d sent, %d there", n, acked, sent, got)
		if got < acked || got > sent || sent-got > most {
			t.Fatalf("kill %d: got offset %d, want from %d, which was acknowledged, to %d and at most %d less",
				n, got, acked, sent, most)
		}
		if left := files(t, temp); len(left) > 0 {
			t.Errorf("kill %d: got the temporary files %q, want none", n, left)
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
