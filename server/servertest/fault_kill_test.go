package servertest_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// trickle is a body that comes in pages with a pause before each, knows how much of it was taken, and does something
// once so much was.
type trickle struct {
	from  io.Reader
	page  int
	pause time.Duration
	taken atomic.Int64
	until int64
	then  func()
}

// Read is io.Reader's.
func (b *trickle) Read(p []byte) (int, error) {
	time.Sleep(b.pause)
	n, err := b.from.Read(p[:min(len(p), b.page)])
	if now := b.taken.Add(int64(n)); now >= b.until && now-int64(n) < b.until {
		b.then()
	}
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

// killed sends a chunk, which must survive, and then the rest a page after each pause, of which the server is killed
// within so many bytes. It returns up to where bytes were acknowledged and up to where they were sent.
func (c *caller) killed(
	child *servertest.Child, key string, content []byte, from int, chance *rand.Rand, pause time.Duration, within int,
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
	body := &trickle{
		from: bytes.NewReader(content[acked:]), page: 64 << 10, pause: pause,
		until: 1 + chance.Int64N(int64(within)), then: func() { child.Signal(syscall.SIGKILL) },
	}
	_, err := c.try(http.MethodPatch, entry(key), ranged(acked, len(content), len(content)), body, len(content)-acked)
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
		acked, sent = jane.killed(child, key, content, acked, chance, time.Millisecond, 800_000)
		begin := time.Now()
		child.Start()
		child.WaitReady()
		wantTook(t, fmt.Sprintf("the start after kill %d", n), begin, within(ceiling))
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
