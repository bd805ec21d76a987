package servertest_test

import (
	"bytes"
	"net/http"
	"syscall"
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
		if part := chance.IntN(300_000); part > 0 { // something that must survive the next kill
			got := jane.want("a chunk", jane.patch(key, content, acked, acked+part), http.StatusAccepted)
			acked += part
			if got.offset() != acked {
				t.Fatalf("kill %d: got offset %d, want %d", n, got.offset(), acked)
			}
		}
		body := &trickle{from: bytes.NewReader(content[acked:]), page: 64 << 10, pause: 3 * time.Millisecond}
		dead := time.AfterFunc(time.Duration(chance.Int64N(int64(time.Second))), func() { child.Signal(syscall.SIGKILL) })
		_, err := jane.try(http.MethodPatch, entry(key), ranged(acked, size, size), body, size-acked)
		dead.Stop()
		child.Kill()
		if err == nil {
			t.Fatalf("kill %d: the PATCH was answered", n)
		}
		child.Start()
		child.WaitReady()
		got, sent := jane.stand(key), acked+int(body.taken.Load())
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
var failpointsOfNodes = []failpoint{
	{"write.claimed", 1, firstHalf, 0},
	{"write.claimed", 2, secondHalf, 1},
	{"s3.gathered", 1, firstHalf, 0},
	{"s3.gathered", 2, secondHalf, 1},
	{"s3.gathered", 3, rendering, 2},
	{"s3.put", 1, firstHalf, 0},
	{"s3.put", 2, secondHalf, 1},
	{"s3.put", 3, rendering, 2},
	{"run.synced", 1, firstHalf, 0},
	{"run.synced", 2, secondHalf, 1},
	{"commit.before", 1, firstHalf, 0},
	{"commit.before", 2, secondHalf, 1},
	{"commit.after", 1, firstHalf, 1},
	{"commit.after", 2, secondHalf, 2},
	{"associate.committed", 1, associating, 2},
	{"render.stored", 1, rendering, 2},
}

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
