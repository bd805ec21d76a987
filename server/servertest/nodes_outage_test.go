package servertest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// R11: the S3 store freezes under a node: its connections stand, and nothing answers. Clients go on sending, far
// more than the node may hold in memory.
func TestNodesR11FrozenStore(t *testing.T) {
	t.Parallel()
	d := startServers(t).deployment(t)
	const size, chunk, lines, silence = 8 * mebibyte, 2 * mebibyte, 20, 8 * time.Second
	ceiling := silence + within(2*time.Second) // so long the node waits for a store that says nothing
	nodes, holds := d.watched(1, "--memory", "64MiB")
	child := nodes[0]
	jane, content := call(t, child), servertest.Picture("me.png", size)
	keys := make([]string, lines)
	for n := range keys {
		keys[n] = jane.create(size)
		jane.want("the first chunk", jane.patch(keys[n], content, 0, chunk), http.StatusAccepted)
	}
	running := jane.begin(keys[0], chunk, size, size, content[chunk:2*chunk])
	arrive()

	d.minio.Freeze(t)
	t.Cleanup(func() { d.minio.Thaw(t) })
	jane.trouble = true
	began := time.Now()
	if _, err := running.Write(content[2*chunk:]); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() { jane.wantSoon("the running PATCH", began, ceiling, running.must(http.MethodPatch)) })
	for _, key := range keys[1:] {
		all.Go(func() {
			begin := time.Now()
			jane.wantSoon("a PATCH", begin, ceiling, jane.patch(key, content, chunk, 2*chunk))
		})
	}
	all.Wait()
	jane.wantUnready("blobs")
	for _, key := range keys {
		begin := time.Now()
		got := jane.want("HEAD", jane.ask(http.MethodHead, entry(key), nil, nil), http.StatusOK)
		wantTook(t, "HEAD from the database", begin, 2*time.Second)
		if got.offset() != chunk {
			t.Errorf("HEAD: got offset %d, want %d", got.offset(), chunk)
		}
	}
	const small = 100_000 // rides in the row
	key := jane.create(small + 1)
	got := jane.want("a small chunk", jane.patch(key, content[:small+1], 0, small), http.StatusAccepted)
	if got.offset() != small {
		t.Errorf("a small chunk: got offset %d, want %d", got.offset(), small)
	}
	jane.wantBounded(child)

	d.minio.Thaw(t)
	jane.recovers()
	for _, key := range keys {
		jane.finish(key, content)
	}
	running.Close()
	holds.wantBack(jane)
	child.Kill()
	d.wantTidy()
}

// wantBounded wants a node over a frozen store to hold no more than its 64 MiB of 640 MiB that clients offer.
func (c *caller) wantBounded(child *servertest.Child) {
	c.t.Helper()
	const clients, each, memory, slack = 10, 64 * mebibyte, 64 << 10, 96 << 10 // kB; kB for buffers and garbage
	before, zeros := statusKB(c.t, child.PID(), "VmHWM:"), make([]byte, each)
	var all sync.WaitGroup
	var taken atomic.Int64 // bytes; a node that has refused an upload takes some of its rest, and drops them
	for range clients {
		l := c.begin(c.create(each), 0, each, each, nil)
		if err := l.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
			c.t.Fatal(err)
		}
		all.Go(func() {
			n, _ := l.Write(zeros)
			taken.Add(int64(n))
			l.reset()
		})
	}
	all.Wait()
	peak := statusKB(c.t, child.PID(), "VmHWM:")
	c.t.Logf("peak memory: %d kB, then %d kB, after %d kB came", before, peak, taken.Load()>>10)
	if taken.Load()>>10 < memory {
		c.t.Errorf("got %d kB from the clients, want more than the node may hold", taken.Load()>>10)
	}
	if peak > before+memory+slack {
		c.t.Errorf("got a peak memory of %d kB after %d kB, want at most %d kB more", peak, before, memory+slack)
	}
}

// wantSoon wants a refusal within a time that tells the client to come again.
func (c *caller) wantSoon(what string, begin time.Time, ceiling time.Duration, got answer) {
	c.t.Helper()
	wantTook(c.t, what, begin, ceiling)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		c.t.Errorf("%s: got %v, want 503 with Retry-After", what, got)
	}
}

// wantUnready wants the server to say that it lacks something.
func (c *caller) wantUnready(what string) {
	c.t.Helper()
	for until := time.Now().Add(within(10 * time.Second)); ; time.Sleep(50 * time.Millisecond) {
		got := c.ask(http.MethodGet, "/readyz", nil, nil)
		if got.status == http.StatusServiceUnavailable && bytes.Contains(got.body, []byte(fmt.Sprintf("%q", what))) {
			return
		}
		if time.Now().After(until) {
			c.t.Fatalf("readiness: got %v, want 503 that names %s", got, what)
		}
	}
}

// R16: PostgreSQL crashes and starts again under 20 uploads.
func TestNodesR16DatabaseRestarts(t *testing.T) {
	t.Parallel()
	d := startServers(t).deployment(t)
	const lines, chunk, size, ceiling = 20, 64 << 10, 2 * mebibyte, 5 * time.Second
	nodes, holds := d.watched(2)
	content := servertest.Picture("me.png", size)
	var under outage
	var all sync.WaitGroup
	keys, callers := make([]string, lines), make([]*caller, lines)
	for n := range keys {
		jane := call(t, nodes[n%2])
		jane.trouble = true
		keys[n], callers[n] = jane.create(size), jane
		all.Go(func() { under.upload(jane, keys[n], content, chunk) })
	}
	for under.chunks.Load() < 2*lines {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	d.postgres.Crash(t)
	back := time.Now() // how long the restart itself takes is the machine's affair
	t.Logf("the restart took %s", back.Sub(begin))
	all.Wait()
	if under.refusals.Load() == 0 {
		t.Error("nobody noticed the crash")
	}
	last := time.Unix(0, under.last.Load()).Sub(back)
	t.Logf("the last 503 came %s after the restart", last)
	if last > ceiling {
		t.Errorf("the last 503 came %s after the restart, want %s", last, ceiling)
	}
	jane := call(t, nodes[0])
	jane.trouble = true
	jane.recovers()
	for _, key := range keys {
		jane.wantWhole(key, content)
	}
	holds.wantBack(append(callers, jane)...)
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}

// outage counts what uploads meet while something is down.
type outage struct {
	chunks   atomic.Int64
	refusals atomic.Int64
	last     atomic.Int64 // when, in nanoseconds
}

// upload sends everything in chunks, as a patient client does that asks again when it is told to.
func (o *outage) upload(c *caller, key string, content []byte, chunk int) {
	question := http.Header{"Content-Range": {"bytes */*"}}
	for at := 0; at < len(content) && !c.t.Failed(); o.chunks.Add(1) {
		next, refused := o.read(c, c.patch(key, content, at, min(at+chunk, len(content))), at)
		for refused {
			next, refused = o.read(c, c.ask(http.MethodPatch, entry(key), question, nil), at)
		}
		at = next
	}
}

// read takes the offset from an answer, or its advice to come again. What was acknowledged never goes back.
func (o *outage) read(c *caller, got answer, acked int) (at int, refused bool) {
	if got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") != "" {
		o.refusals.Add(1)
		o.last.Store(time.Now().UnixNano())
		time.Sleep(100 * time.Millisecond)
		return acked, true
	}
	if got.status != http.StatusOK && got.status != http.StatusAccepted || got.offset() < acked {
		c.t.Errorf("got %v after offset %d, want 2xx, or 503 with Retry-After", got, acked)
	}
	return got.offset(), false
}

// An S3 store that dies under a node, in any of the ways there are: what needs it is refused until it is back,
// and nothing has to be restarted.
func outliveTheStore(t *testing.T, all *deployment) {
	t.Helper()
	for name, f := range map[string]s3test.Fault{
		"gone":        {Reset: true},
		"busy":        {Status: http.StatusServiceUnavailable, Code: "SlowDown"},
		"broken":      {Status: http.StatusInternalServerError, Code: "InternalError"},
		"forbidden":   {Status: http.StatusForbidden, Code: "AccessDenied"},
		"credentials": {Status: http.StatusForbidden, Code: "InvalidAccessKeyId"},
		"no bucket":   {Status: http.StatusNotFound, Code: "NoSuchBucket"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := s3test.NewProxy(t, all.minio)
			d := all.deploymentAt(t, proxy.Endpoint)
			const size, chunk = 6 * mebibyte, 2 * mebibyte
			child := d.nodes(1)[0]
			jane, content := call(t, child), servertest.Picture("me.png", size)
			key := jane.create(size)
			jane.want("the first chunk", jane.patch(key, content, 0, chunk), http.StatusAccepted)
			proxy.Plan(func(string, int) s3test.Fault { return f })
			jane.trouble = true
			jane.wantWaiting("a PATCH", jane.patch(key, content, chunk, 2*chunk))
			jane.wantUnready("blobs")
			if at := jane.stand(key); at != chunk {
				t.Errorf("got offset %d, want the acknowledged %d", at, chunk)
			}
			if !strings.Contains(child.Said(), "check=blobs") {
				t.Errorf("the log does not say why it is not ready:\n%s", child.Said())
			}
			proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
			jane.recovers()
			jane.finish(key, content)
			child.Kill()
			d.wantTidy()
		})
	}
}
