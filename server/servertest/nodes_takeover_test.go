package servertest_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R21 on two nodes: a PATCH hangs on one, and somebody goes on at the other, in every way there is. What the
// first node has not committed is sent again.
func takeOverFromTheOther(t *testing.T, d *deployment) {
	t.Helper()
	const ceiling = 3 * time.Second
	nodes, holds := d.watched(2)
	var callers []*caller
	for _, c := range []struct {
		name string
		ask  func(jane *caller, key string, content []byte) answer
		kept int
		want int
	}{
		{"HEAD", func(jane *caller, key string, _ []byte) answer {
			return jane.ask(http.MethodHead, entry(key), nil, nil)
		}, 0, http.StatusOK},
		{"status query", func(jane *caller, key string, content []byte) answer {
			h := http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", len(content))}}
			return jane.ask(http.MethodPatch, entry(key), h, nil)
		}, 0, http.StatusAccepted},
		{"a newer PATCH", func(jane *caller, key string, content []byte) answer {
			return jane.patch(key, content, 0, len(content)-1)
		}, brokenSize - 1, http.StatusAccepted},
	} {
		old, jane, content := call(t, nodes[0]), call(t, nodes[1]), servertest.Picture("me.png", brokenSize)
		key := jane.create(brokenSize)
		hangs := old.begin(key, 0, brokenSize, brokenSize, content[:brokenAt])
		arrive()
		begin := time.Now()
		got := jane.want(c.name, c.ask(jane, key, content), c.want)
		if got.offset() != c.kept {
			t.Errorf("%s: got offset %d, want %d: %v", c.name, got.offset(), c.kept, got)
		}
		wantTook(t, c.name, begin, ceiling)
		hangs.say(string(content[brokenAt:])) // the first node learns at its commit that it was overtaken
		if late, err := hangs.hear(http.MethodPatch); err == nil {
			old.want(c.name+": the old PATCH", late, http.StatusConflict)
		} else if !broken(err) {
			t.Errorf("%s: the old PATCH was not ended: %v", c.name, err)
		}
		jane.finish(key, content)
		hangs.Close()
		callers = append(callers, old, jane)
	}
	holds.wantBack(callers...)
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}

// R25: a node is frozen in the middle of a PATCH, after it has stored runs; the other one takes over with other
// bytes and finishes; then the first wakes up.
func wakeTheZombie(t *testing.T, d *deployment) {
	t.Helper()
	const size, run = 24 * mebibyte, 16 * mebibyte
	nodes, holds := d.watched(2)
	zombie, jane := call(t, nodes[0]), call(t, nodes[1])
	theirs, ours := servertest.Picture("theirs.png", size), servertest.Picture("ours.png", size)
	key := jane.create(size)
	hangs := zombie.begin(key, 0, size, size, theirs[:run-mebibyte]) // not a whole run: nothing is committed
	arrive()
	nodes[0].Signal(syscall.SIGSTOP)
	// The rest waits in the sockets: the zombie takes it up, stores it and tries to commit when it wakes up.
	sent := make(chan error, 1)
	go func() {
		_, err := hangs.Write(theirs[run-mebibyte:])
		sent <- err
	}()
	if at := jane.stand(key); at != 0 {
		t.Fatalf("got offset %d, want nothing committed", at)
	}
	jane.want("the takeover", jane.patch(key, ours, 0, size), http.StatusOK)
	got, err := jane.associate(key)
	if err != nil {
		t.Fatal(err)
	}
	jane.want("associate", got, http.StatusOK)
	jane.wantPhoto()
	before := jane.square()

	nodes[0].Signal(syscall.SIGCONT)
	if err := <-sent; err != nil && !broken(err) {
		t.Errorf("the zombie's client: %v", err)
	}
	if late, err := hangs.hear(http.MethodPatch); err == nil {
		zombie.want("the zombie's PATCH", late, http.StatusConflict, http.StatusRequestedRangeNotSatisfiable)
	} else if !broken(err) {
		t.Errorf("the zombie's PATCH was not ended: %v", err)
	}
	late, until := key+"/1-0-", time.Now().Add(within(10*time.Second))
	for strings.Contains(strings.Join(d.objects(), " "), late) { // it clears up behind itself
		if time.Now().After(until) {
			t.Fatalf("the zombie has left its run %s…: got %q", late, d.objects())
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, c := range []*caller{zombie, jane} {
		c.wantWhole(key, ours)
		if after := c.square(); string(after) != string(before) {
			t.Error("the photo is another one after the zombie woke up")
		}
	}
	hangs.Close()
	holds.wantBack(zombie, jane)
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}

// square is jane's photo as it is served.
func (c *caller) square() []byte {
	c.t.Helper()
	return c.want("the photo", c.ask(http.MethodGet, picture()+"?size=256", nil, nil), http.StatusOK).body
}

// The showcase: a phone changes its network in the middle of a PATCH. The old connection stays half open at one
// node and brings its bytes late; the upload goes on at the other. What is kept is byte by byte what was sent.
func goOnElsewhere(t *testing.T, d *deployment) {
	t.Helper()
	const size, first, rest = 40 * mebibyte, 18 * mebibyte, 9 * mebibyte
	nodes := d.nodes(2)
	a, b := call(t, nodes[0]), call(t, nodes[1])
	content := servertest.Picture("me.png", size)
	key := a.create(size)
	half := a.begin(key, 0, size, size, content[:first])
	for until := time.Now().Add(within(5 * time.Second)); b.look(key) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the first run is not committed")
		}
	}
	acked := b.stand(key)
	b.want("a chunk elsewhere", b.patch(key, content, acked, acked+rest), http.StatusAccepted)
	// The delayed packets of the old connection arrive, damaged on top of it: nobody may ever see them.
	wrong := make([]byte, size-first)
	_, _ = half.Write(wrong)
	if late, err := half.hear(http.MethodPatch); err == nil {
		a.want("the half-open PATCH", late, http.StatusConflict)
	} else if !broken(err) {
		t.Errorf("the half-open PATCH was not ended: %v", err)
	}
	if at := b.stand(key); at != acked+rest {
		t.Errorf("got offset %d, want the acknowledged %d", at, acked+rest)
	}
	b.finish(key, content)
	a.wantWhole(key, content)
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}
