package servertest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
)

const (
	brokenSize = 300_000
	brokenAt   = 123_457
)

// R19: the client's machine resets the line in the middle of a PATCH.
func TestR19Reset(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	jane, content := call(t, child), servertest.Picture("me.png", brokenSize)
	key := jane.create(brokenSize)
	for _, at := range []int{0, brokenAt} {
		l := jane.begin(key, at, brokenSize, brokenSize, content[at:at+brokenAt])
		arrive()
		l.reset()
		until := time.Now().Add(within(2 * time.Second))
		for jane.look(key) != at+brokenAt { // looking does not make the write end
			if time.Now().After(until) {
				t.Fatalf("got offset %d, want the %d that were read before the reset", jane.look(key), at+brokenAt)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	jane.finish(key, content)
	child.Kill()
	wantTidy(t, child.Data)
}

// R20: the client falls silent and leaves the line open.
func TestR20SilentStall(t *testing.T) {
	t.Parallel()
	const idle = 2 * time.Second
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--idle-timeout", idle.String()}})
	child.WaitReady()
	jane, content := call(t, child), servertest.Picture("me.png", brokenSize)
	key := jane.create(brokenSize)
	begin := time.Now()
	l := jane.begin(key, 0, brokenSize, brokenSize, content[:brokenAt])
	got := jane.want("the stalled PATCH", l.must(http.MethodPatch), http.StatusRequestTimeout)
	if took := time.Since(begin); took < idle || took > within(2*idle) {
		t.Errorf("got an answer after %s, want it after %s", took, idle)
	}
	if got.offset() != brokenAt {
		t.Errorf("got offset %d, want the %d that came: %v", got.offset(), brokenAt, got)
	}
	l.wantClosed(within(2 * time.Second))
	if at := jane.look(key); at != brokenAt {
		t.Errorf("afterwards: got offset %d, want %d", at, brokenAt)
	}
	jane.finish(key, content)
	child.Kill()
	wantTidy(t, child.Data)
}

// R21 on one node: somebody goes on while the old PATCH hangs.
func TestR21Takeover(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	t.Run("asked by", func(t *testing.T) { takeOver(t, child) })
	child.Kill()
	wantTidy(t, child.Data)
}

// takeOver lets a PATCH hang, again and again, and asks in every way that ends it.
func takeOver(t *testing.T, child *servertest.Child) {
	t.Helper()
	const ceiling = 3 * time.Second
	for _, c := range []struct {
		name string
		kept int // of what the old PATCH has brought
		ask  func(jane *caller, key string, content []byte) answer
		want int
	}{
		{"HEAD", brokenAt, func(jane *caller, key string, _ []byte) answer {
			return jane.ask(http.MethodHead, entry(key), nil, nil)
		}, http.StatusOK},
		{"status query", brokenAt, func(jane *caller, key string, content []byte) answer {
			h := http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", len(content))}}
			return jane.ask(http.MethodPatch, entry(key), h, nil)
		}, http.StatusAccepted},
		{"a newer PATCH", brokenSize - 1, func(jane *caller, key string, content []byte) answer {
			return jane.patch(key, content, 0, len(content)-1)
		}, http.StatusAccepted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			jane, content := call(t, child), servertest.Picture("me.png", brokenSize)
			key := jane.create(brokenSize)
			old := jane.begin(key, 0, brokenSize, brokenSize, content[:brokenAt])
			arrive()
			begin := time.Now()
			got := jane.want(c.name, c.ask(jane, key, content), c.want)
			if got.offset() != c.kept {
				t.Errorf("got offset %d, want %d: %v", got.offset(), c.kept, got)
			}
			if ended, err := old.hear(http.MethodPatch); err == nil { // I3: one winner
				jane.want("the old PATCH", ended, http.StatusConflict)
			} else if !broken(err) {
				t.Errorf("the old PATCH was not ended: %v", err)
			}
			wantTook(t, c.name, begin, ceiling)
			jane.finish(key, content)
		})
	}
}

// R22: the answer is lost after the commit, and the client repeats the same range.
func TestR22LostAnswer(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	loseEveryAnswer(call(t, child), loseAnswers(t, child.URL))
	child.Kill()
	wantTidy(t, child.Data)
}

// loseEveryAnswer uploads over a line that loses answers, and repeats what was lost.
func loseEveryAnswer(jane *caller, lossy lossy) {
	jane.t.Helper()
	t, content := jane.t, servertest.Picture("me.png", brokenSize)
	key := jane.create(brokenSize)

	lossy.patch(jane, key, content, 0, brokenAt)
	got := jane.want("the first chunk again", jane.patch(key, content, 0, brokenAt), http.StatusAccepted)
	if got.offset() != brokenAt {
		t.Errorf("got offset %d, want %d once", got.offset(), brokenAt)
	}
	other := append([]byte{}, content...)
	other[0] ^= 1
	got = jane.want("the first chunk with other bytes", jane.patch(key, other, 0, brokenAt), http.StatusConflict)
	if got.offset() != brokenAt {
		t.Errorf("got offset %d, want %d", got.offset(), brokenAt)
	}

	lossy.patch(jane, key, content, brokenAt, 2*brokenAt)
	got = jane.want("an older chunk", jane.patch(key, content, 0, brokenAt), http.StatusRequestedRangeNotSatisfiable)
	if got.offset() != 2*brokenAt {
		t.Errorf("got offset %d, want the true %d", got.offset(), 2*brokenAt)
	}

	lossy.patch(jane, key, content, 2*brokenAt, brokenSize)
	got = jane.want("the last chunk again", jane.patch(key, content, 2*brokenAt, brokenSize), http.StatusOK)
	if got.offset() != brokenSize || !strings.Contains(string(got.body), `"isComplete":true`) {
		t.Errorf("got %v, want a complete upload", got)
	}
	jane.wantWhole(key, content)
}

// lossy is a proxy that carries everything to a server and nothing back: it breaks the line when the answer
// begins.
type lossy struct{ url string }

func loseAnswers(t *testing.T, url string) lossy {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { door.Close() })
	go func() {
		for {
			from, err := door.Accept()
			if err != nil {
				return
			}
			go loseAnswer(from, strings.TrimPrefix(url, "http://"))
		}
	}()
	return lossy{"http://" + door.Addr().String()}
}

func loseAnswer(from net.Conn, address string) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(to, from) }() // ends with the line
	_, _ = to.Read(make([]byte, 1))          // the first byte of the answer: the server has committed
}

// patch sends a chunk whose answer is lost.
func (p lossy) patch(c *caller, key string, content []byte, from, to int) {
	c.t.Helper()
	deaf := *c
	deaf.url = func() string { return p.url }
	body := strings.NewReader(string(content[from:to]))
	got, err := deaf.try(http.MethodPatch, entry(key), ranged(from, to, len(content)), body, to-from)
	if err == nil || !broken(err) && !errors.Is(err, net.ErrClosed) {
		c.t.Fatalf("got %v and %v, want no answer", got, err)
	}
}
