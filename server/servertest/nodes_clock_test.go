package servertest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage"
)

// R29: a node's clock is ten minutes fast, the other's ten minutes slow. Both go by the database's: what they
// date is right, and the tokens of one are good at the other.
func goByOneClock(t *testing.T, d *deployment) {
	t.Helper()
	const wrong, near, size = 10 * time.Minute, 10 * time.Second, 100_000
	wrongBy := func(by time.Duration) servertest.Option {
		return func(i *servertest.Instance) { i.Clock.Advance(by) }
	}
	fast := servertest.Start(t, servertest.Shared(d.stores), wrongBy(wrong))
	slow := servertest.Start(t, servertest.Shared(d.stores), wrongBy(-wrong))
	jane, content := callInstance(t, fast), servertest.Picture("me.png", size)
	key := jane.create(size)
	jane.want("a chunk", jane.patch(key, content, 0, size/2), http.StatusAccepted)
	hangs := jane.begin(key, size/2, size, size, nil)
	arrive()
	jane.url = func() string { return slow.URL }
	begin := time.Now()
	jane.finish(key, content)
	if took := time.Since(begin); took > within(3*time.Second) {
		t.Errorf("the takeover took %s, want it at once", took)
	}
	hangs.reset()
	callInstance(t, slow).create(size)
	for _, made := range d.rows("SELECT created FROM uploads") {
		at, err := strconv.ParseInt(made, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if off := time.Since(storage.Millis(at).Time()); off.Abs() > within(near) {
			t.Errorf("an upload is dated %s ago, want now", off)
		}
	}
	fast.Stop()
	slow.Stop()
	d.wantTidy()
}

// The first nodes of a deployment start together: one makes keys, tables and mark, the others find them.
func startTogether(t *testing.T, d *deployment) {
	t.Helper()
	t.Run("nodes", func(t *testing.T) {
		for n := range 3 {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				servertest.Process(t, servertest.ProcessOptions{Stores: d.stores}).WaitReady()
			})
		}
	})
	jane := call(t, d.nodes(1)[0])
	content := servertest.Picture("me.png", 5000)
	jane.finish(jane.create(len(content)), content)
}
