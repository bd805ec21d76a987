package servertest_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// trickle is a body that comes in pages with a pause before each, and knows how much of it was taken.
type trickle struct {
	from  io.Reader
	page  int
	pause time.Duration
	taken atomic.Int64
}

// Read is io.Reader's.
func (b *trickle) Read(p []byte) (int, error) {
	time.Sleep(b.pause)
	n, err := b.from.Read(p[:min(len(p), b.page)])
	b.taken.Add(int64(n))
	return n, err
}

// seeded returns a source of chance whose seed is told when the test fails.
func seeded(t *testing.T, seed uint64) *rand.Rand {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, seed))
}

// killed sends a chunk, which must survive, and then the rest a page after each pause, during which the server is
// killed within so long. It returns up to where bytes were acknowledged and up to where they were sent.
func (c *caller) killed(
	child *servertest.Child, key string, content []byte, from int, chance *rand.Rand, pause, within time.Duration,
) (acked, sent int) {
	c.t.Helper()
	acked = from
	if part := chance.IntN(300_000); part > 0 {
		got := c.want("a chunk", c.patch(key, content, acked, acked+part), http.StatusAccepted)
		acked += part
		if got.offset() != acked {
			c.t.Fatalf("got offset %d, want %d", got.offset(), acked)
		}
	}
	body := &trickle{from: bytes.NewReader(content[acked:]), page: 64 << 10, pause: pause}
	dead := time.AfterFunc(time.Duration(chance.Int64N(int64(within))), func() { child.Signal(syscall.SIGKILL) })
	_, err := c.try(http.MethodPatch, entry(key), ranged(acked, len(content), len(content)), body, len(content)-acked)
	dead.Stop()
	child.Kill()
	if err == nil {
		c.t.Fatalf("the PATCH from %d on was answered", acked)
	}
	return acked, acked + int(body.taken.Load())
}

// R01: the server is killed at 20 random moments of one upload.
func TestR01KillDuringPatch(t *testing.T) {
	servertest.Long(t, "kills the program 20 times")
	t.Parallel()
	const kills, size, ceiling = 20, 20 * mebibyte, 2 * time.Second
	chance := seeded(t, 1)
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	jane, content := call(t, child), servertest.Picture("me.png", size)
	key, acked := jane.create(size), 0
	for n := range kills {
		var sent int
		acked, sent = jane.killed(child, key, content, acked, chance, time.Millisecond, 150*time.Millisecond)
		begin := time.Now()
		child.Start()
		child.WaitReady()
		if took := time.Since(begin); took > within(ceiling) {
			t.Errorf("kill %d: ready after %s, want %s", n, took, within(ceiling))
		}
		got := jane.stand(key)
		if got < acked || got > sent {
			t.Fatalf("kill %d: got offset %d, want from %d, which was acknowledged, to %d", n, got, acked, sent)
		}
		acked = got
	}
	jane.finish(key, content)
	child.Kill()
	wantTidy(t, child.Data)
}
