package servertest_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R01 in each protocol: the server is killed again and again while an upload comes. What was acknowledged is there, and
// not more than was sent.
func TestR01KillInEachProtocol(t *testing.T) {
	servertest.Long(t, "kills the program again and again")
	t.Parallel()
	inEachProtocol(t, func(t *testing.T, p protocol) {
		const kills, size = 5, 5 * mebibyte
		chance := seeded(t, 41)
		child := servertest.Process(t, servertest.ProcessOptions{})
		child.WaitReady()
		jane, content := call(t, child), servertest.Picture("me.png", size)
		at, acked := p.create(jane, size), 0
		for n := range kills {
			var sent int
			acked, sent = p.killed(jane, child, at, content, acked, chance)
			child.Start()
			child.WaitReady()
			got := p.stand(jane, at)
			if got < acked || got > sent {
				t.Fatalf("kill %d: got offset %d, want from %d, which was acknowledged, to %d", n, got, acked, sent)
			}
			acked = got
		}
		p.finish(jane, at, content)
		child.Kill()
		wantTidy(t, child.Data)
	})
}

// killed sends a chunk, which must survive, and then the rest slowly, during which the server is killed. It returns up
// to where bytes were acknowledged and up to where they were sent.
func (p protocol) killed(
	c *caller, child *servertest.Child, at string, content []byte, from int, chance *rand.Rand,
) (acked, sent int) {
	c.t.Helper()
	acked = from + 1 + chance.IntN(200_000)
	got, err := p.send(c, at, from, bytes.NewReader(content[from:acked]), acked-from, false)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.want("a chunk", got, http.StatusNoContent); got.offset() != acked {
		c.t.Fatalf("got offset %d, want %d", got.offset(), acked)
	}
	body := &trickle{from: bytes.NewReader(content[acked:]), page: 32 << 10, pause: 2 * time.Millisecond}
	dead := time.AfterFunc(time.Duration(chance.Int64N(int64(100*time.Millisecond))), func() { child.Signal(syscall.SIGKILL) })
	_, err = p.send(c, at, acked, body, len(content)-acked, true)
	dead.Stop()
	child.Kill()
	if err == nil {
		c.t.Fatalf("the PATCH from %d on was answered", acked)
	}
	return acked, acked + int(body.taken.Load())
}

// R03 in each protocol: the program dies at each point around the commit of an upload that wishes to be a photo. Its
// client asks, as it does after every break, sends what is missing, and has its photo: one, of the right bytes.
func TestR03CrashInEachProtocol(t *testing.T) {
	servertest.Long(t, "builds a program that dies on purpose")
	t.Parallel()
	inEachProtocol(t, func(t *testing.T, p protocol) {
		for _, point := range []string{
			"write.claimed", "run.synced", "commit.before", "commit.after", "associate.committed",
		} {
			t.Run(point, func(t *testing.T) {
				t.Parallel()
				child := servertest.Process(t, servertest.ProcessOptions{
					Faultpoints: true, Env: []string{"CAMEO_FAULTPOINT=" + point},
				})
				child.WaitReady()
				jane, content := call(t, child), servertest.Picture("me.png", 100_000)
				at, got, err := p.whole(jane, content)
				if err == nil || at == "" {
					t.Fatalf("the program lives: %v from %q", got, at)
				}
				if code := child.Wait(10 * time.Second); code != 137 {
					t.Fatalf("got exit code %d, want 137", code)
				}
				whole := servertest.Process(t, servertest.ProcessOptions{Data: child.Data})
				whole.WaitReady()
				p.finish(call(t, whole), at, content)
				whole.Kill()
				wantTidy(t, child.Data)
			})
		}
	})
}

// R22 in each protocol: answers are lost after the commit. The client asks, or repeats its request and is told to ask;
// the bytes count once.
func TestR22LostAnswerInEachProtocol(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	t.Run("in", func(t *testing.T) {
		inEachProtocol(t, func(t *testing.T, p protocol) {
			jane, content := call(t, child), servertest.Picture("me.png", brokenSize)
			deaf, url := *jane, loseAnswers(t, child.URL).url
			deaf.url = func() string { return url }
			at := p.create(jane, brokenSize)
			for _, part := range []struct{ from, to int }{{0, brokenAt}, {brokenAt, brokenSize}} {
				last, length := part.to == brokenSize, part.to-part.from
				some := content[part.from:part.to]
				got, err := p.send(&deaf, at, part.from, bytes.NewReader(some), length, last)
				if err == nil || !broken(err) && !errors.Is(err, net.ErrClosed) {
					t.Fatalf("got %v and %v, want no answer", got, err)
				}
				got, err = p.send(jane, at, part.from, bytes.NewReader(some), length, last)
				if err != nil {
					t.Fatal(err)
				}
				jane.want("the same once more", got, http.StatusConflict)
				if offset := p.stand(jane, at); offset != part.to {
					t.Fatalf("got offset %d, want %d", offset, part.to)
				}
			}
			p.finish(jane, at, content)
		})
	})
	child.Kill()
	wantTidy(t, child.Data)
}
