package servertest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/sqldb/sqltest"
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
	wantTook(t, "the takeover", begin, 3*time.Second)
	hangs.reset()
	callInstance(t, slow).create(size)
	for _, made := range d.rows("SELECT created FROM uploads") {
		if off := time.Since(dated(t, made)); off.Abs() > within(near) {
			t.Errorf("an upload is dated %s ago, want now", off)
		}
	}
	fast.Stop()
	slow.Stop()
	d.wantTidy()
}

// R29: PostgreSQL's clock is an hour ahead of the nodes' own. It is the one that counts: what the nodes date by
// it is of its time, in a token too, and no upload expires by the other.
func TestNodesR29DatabaseAhead(t *testing.T) {
	t.Parallel()
	servertest.Long(t, "starts PostgreSQL and MinIO")
	const ahead, near, size = time.Hour, 10 * time.Second, 100_000
	d := servers{sqltest.StartAhead(t, ahead), s3test.Start(t, s3test.MinIO)}.deployment(t)
	nodes := d.nodes(2, "--expiry", (ahead / 2).String())
	jane, other := call(t, nodes[0]), call(t, nodes[1])
	content := servertest.Picture("me.png", size)
	key := jane.create(size)
	jane.want("a chunk", jane.patch(key, content, 0, size/2), http.StatusAccepted)
	hangs := jane.begin(key, size/2, size, size, nil)
	arrive()
	nodes[0].Run(append([]string{"sweep", "--data", nodes[0].Data}, d.stores.Flags()...)...)
	begin := time.Now()
	other.finish(key, content)
	wantTook(t, "the takeover", begin, 3*time.Second)
	hangs.reset()
	got, err := other.associate(key)
	if err != nil {
		t.Fatal(err)
	}
	other.want("associate", got, http.StatusOK)
	other.wantPhoto()
	for _, made := range d.rows("SELECT created FROM uploads UNION SELECT created FROM photos") {
		if off := time.Until(dated(t, made)); (off - ahead).Abs() > within(near) {
			t.Errorf("a row is dated %s from now, want %s, as the database does", off, ahead)
		}
	}
	for _, child := range nodes {
		if !strings.Contains(child.Said(), "the machine's clock is not the database's") {
			t.Errorf("the log does not warn of the clock:\n%s", child.Said())
		}
		child.Kill()
	}
	d.wantTidy()
}

// dated is the time that a row tells in milliseconds.
func dated(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return storage.Millis(at).Time()
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
