package servertest_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/sqldb/sqltest"
)

// failure is how one step of an upload fails: a request to the store or one to the database.
type failure struct {
	name  string
	s3    s3test.Fault
	sql   sqltest.Fault
	times int  // so many requests in a row: as often as the node tries
	slow  bool // each costs a time limit: the cases run side by side, each with a node of its own
	least int  // steps that an upload has
}

// The showcase: an acknowledged offset never goes back, whatever step fails. Each request to the store and to
// the database during an upload in chunks fails in turn, in every way there is.
func neverGoBack(t *testing.T, all *deployment) {
	t.Helper()
	all.begin()
	t.Run("when", func(t *testing.T) {
		for _, f := range []failure{
			{name: "the store fails", least: 2, times: 3, s3: s3test.Fault{Status: 500, Code: "InternalError"}},
			{name: "the store resets", least: 2, times: 3, s3: s3test.Fault{Reset: true}},
			{name: "the store's answer is lost", least: 2, times: 3, s3: s3test.Fault{Done: true, Reset: true}},
			{name: "the store falls silent", least: 2, times: 1, slow: true, s3: s3test.Fault{Done: true, Silent: true}},
			{name: "the database fails", least: 15, times: 1, sql: sqltest.Fault{State: "53200"}},
			{name: "the database is gone", least: 15, times: 1, sql: sqltest.Fault{Reset: true}},
			{name: "the database's answer is lost", least: 15, times: 1, sql: sqltest.Fault{Done: true, Reset: true}},
			{name: "the database falls silent", least: 10, times: 1, slow: true, sql: sqltest.Fault{Done: true, Silent: true}},
		} {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				d := &deployment{all.servers, t, all.stores}
				steps := f.strike(d)
				t.Logf("%d steps", steps)
				if steps < f.least {
					t.Errorf("an upload has %d steps that can fail, want at least %d", steps, f.least)
				}
			})
		}
	})
	all.wantTidy()
}

// strike fails one step after the other, each in an upload of its own, and returns how many there were.
func (f failure) strike(d *deployment) int {
	d.t.Helper()
	first := d.frail()
	if !f.slow {
		for n := 1; ; n++ {
			if _, failed := first.upload(f, n); failed == 0 {
				return n - 1
			}
		}
	}
	const atOnce = 20
	steps, _ := first.upload(f, 0)
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for n := 1; n <= steps; n++ {
		places <- struct{}{}
		node := d.frail()
		all.Go(func() {
			node.upload(f, n)
			node.child.Kill()
			<-places
		})
	}
	all.Wait()
	return steps
}

// frail is a node whose store and database can fail.
type frail struct {
	t       *testing.T
	child   *servertest.Child
	s3      *s3test.Proxy
	sql     *sqltest.Proxy
	jane    *caller
	content []byte // of each upload

	mu     sync.Mutex
	seen   int // steps since the last upload began
	failed int // of them
}

func (d *deployment) frail() *frail {
	d.t.Helper()
	f := &frail{t: d.t, s3: s3test.NewProxy(d.t, d.minio), sql: d.postgres.Proxy(d.t)}
	stores := d.stores
	stores.Blobs = strings.Replace(stores.Blobs, d.minio.Endpoint, f.s3.Endpoint, 1)
	stores.Database = f.sql.Through(d.t, stores.Database) + "&pool_max_conns=4" // there are many of them
	f.child = servertest.Process(d.t, servertest.ProcessOptions{
		Stores: stores, Flags: []string{"--inline-limit", "64KiB"}, // so that small chunks become runs
	})
	f.child.WaitReady()
	f.jane = call(d.t, f.child)
	f.jane.trouble, f.content = true, servertest.Picture("me.png", 300_000)
	return f
}

// step counts one, and says whether it fails.
func (f *frail) step(nth, times int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	fails := nth > 0 && f.seen >= nth && f.seen < nth+times
	if fails {
		f.failed++
	}
	return fails
}

// arm lets the n-th step from now on fail; 0 is none. It returns how many there were since the last time, and
// how many of them failed.
func (f *frail) arm(how failure, n int) (seen, failed int) {
	f.mu.Lock()
	seen, failed = f.seen, f.failed
	f.seen, f.failed = 0, 0
	f.mu.Unlock()
	f.s3.Plan(func(string, int) s3test.Fault {
		if how.s3 == (s3test.Fault{}) || !f.step(n, how.times) {
			return s3test.Fault{}
		}
		return how.s3
	})
	f.sql.Plan(func(r sqltest.Request) sqltest.Fault {
		if how.sql == (sqltest.Fault{}) || !ofUploads(r) || how.slow && isRead(r) || !f.step(n, how.times) {
			return sqltest.Fault{}
		}
		return how.sql
	})
	return seen, failed
}

// ofUploads leaves out what a node asks the database in the background, and what only prepares a statement.
func ofUploads(r sqltest.Request) bool {
	sql := strings.ToLower(r.SQL)
	return !r.Prepares && (sql == "commit" || strings.Contains(sql, "uploads") || strings.Contains(sql, "extents"))
}

// isRead says whether nothing can have happened when there is no answer.
func isRead(r sqltest.Request) bool { return strings.HasPrefix(strings.ToLower(r.SQL), "select") }

// upload sends a picture in chunks of which some ride in the row and some become runs, as a patient client
// does, and wants it back byte for byte. It returns how many steps there were and how many of them failed.
func (f *frail) upload(how failure, n int) (seen, failed int) {
	f.t.Helper()
	f.arm(how, n)
	content := f.content
	key, told := f.create(len(content)), 0
	for told < len(content) && !f.t.Failed() {
		to := len(content)
		for _, end := range []int{30_000, 60_000, 200_000} {
			if told < end {
				to = end
				break
			}
		}
		got := f.jane.patch(key, content, told, to)
		told = f.told(n, got, told)
		if good := got.status < http.StatusBadRequest; good && told != to {
			f.t.Errorf("step %d: got %v, want offset %d", n, got, to)
		}
		for done := false; !done && !f.t.Failed(); {
			got := f.jane.ask(http.MethodHead, entry(key), nil, nil)
			told, done = f.told(n, got, told), got.status == http.StatusOK
		}
	}
	seen, failed = f.arm(how, 0)
	f.jane.wantWhole(key, content)
	return seen, failed
}

// told is what an answer adds to what was told before. It never goes back.
func (f *frail) told(n int, got answer, before int) int {
	f.t.Helper()
	again := got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") != ""
	if again {
		time.Sleep(20 * time.Millisecond)
	} else if got.status != http.StatusOK && got.status != http.StatusAccepted {
		f.t.Errorf("step %d: got %v, want 2xx, or 503 with Retry-After", n, got)
	}
	at := got.offset()
	if at < 0 && again {
		return before
	}
	if at < before {
		f.t.Errorf("step %d: got offset %d after %d was told: %v", n, at, before, got)
	}
	return at
}

// create asks for an entry until there is one; an answer that is lost leaves no twin.
func (f *frail) create(size int) string {
	f.t.Helper()
	once := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {rand.Text()}}
	for until := time.Now().Add(within(20 * time.Second)); ; time.Sleep(20 * time.Millisecond) {
		got := f.jane.ask(http.MethodPost, attachments, once, f.jane.entry("me.png", "image/png", int64(size)))
		if got.status == http.StatusCreated || time.Now().After(until) {
			return keyOf(f.jane.want("create", got, http.StatusCreated))
		}
		f.jane.wantWaiting("create", got)
	}
}
