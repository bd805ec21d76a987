package storage_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// patience is how long a request may take that meets a database that does not answer.
const patience = 5 * time.Second

// slack is what a loaded machine adds.
const slack = 2 * time.Second

// on is a house over a PostgreSQL database, with the pool of one node.
func on(t *testing.T, address string) *house {
	t.Helper()
	return newHouseIn(t, sqltest.Open(t, sqldb.Config{URL: address}), s3Shape)
}

// another is a further node of a house, with a pool of its own.
func (h *house) another(t *testing.T, address, name string) *storage.Engine {
	t.Helper()
	return h.nodeOver(ledger.New(sqltest.Open(t, sqldb.Config{URL: address})), name)
}

// The server crashes and comes back under 20 writers: for a few seconds they are told to try again, and nothing is
// lost.
func TestPostgresCrashesUnderWriters(t *testing.T) {
	t.Parallel()
	server := sqltest.Start(t)
	h := on(t, server.Database(t))
	e := h.node("a")
	var over atomic.Bool
	var refused atomic.Int64
	var mu sync.Mutex
	var arrived []upload
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for !over.Load() {
				u := upload{t: t, e: e, want: photo(20 << 10), refused: &refused}
				if !u.run() {
					return
				}
				mu.Lock()
				arrived = append(arrived, u)
				mu.Unlock()
			}
		})
	}
	for range 2 {
		time.Sleep(time.Second)
		server.Crash(t)
	}
	time.Sleep(time.Second)
	over.Store(true)
	wg.Wait()
	t.Logf("%d uploads; %d requests were refused", len(arrived), refused.Load())
	if len(arrived) < 20 {
		t.Errorf("got %d uploads, want at least one a writer", len(arrived))
	}
	for _, u := range arrived {
		same(t, h.read(e, u.id), u.want)
	}
}

// upload is a client that sends one file in pieces and asks again when it is told to.
type upload struct {
	t       *testing.T
	e       *storage.Engine
	want    []byte
	id      storage.ID // when it has arrived
	refused *atomic.Int64
	since   time.Time // of the first refusal in a row
}

// wait says whether err is a refusal that may be tried again.
func (c *upload) wait(err error) bool {
	if err == nil {
		c.since = time.Time{}
		return false
	}
	if !fault.Is(err, fault.Unavailable) {
		c.t.Errorf("got %v, want unavailable", err)
	}
	c.refused.Add(1)
	if c.since.IsZero() {
		c.since = time.Now()
	} else if d := time.Since(c.since); d > patience+slack {
		c.t.Errorf("refused for %v", d)
	}
	time.Sleep(20 * time.Millisecond)
	return !c.t.Failed()
}

// run sends the file and says whether it arrived.
func (c *upload) run() bool {
	var u storage.Upload
	var err error
	for again := true; again; again = c.wait(err) {
		u, err = c.e.Create(bg, storage.New{
			Community: community, Owner: owner, Length: int64(len(c.want)), Type: "image/png", Name: "me.png",
		})
	}
	if err != nil {
		return false
	}
	acked := int64(0)
	for u.State != storage.Complete {
		id := u.ID
		if u, err = c.e.Status(bg, id); err != nil {
			u.ID = id
			if !c.wait(err) {
				return false
			}
			continue
		}
		if u.State == storage.Complete { // the last commit was done, and its answer lost
			break
		}
		if u.Offset < acked {
			c.t.Errorf("the offset went back from %d to %d", acked, u.Offset)
			return false
		}
		n := min(3000, len(c.want)-int(u.Offset))
		if u, err = put(c.e, id, u.Offset, c.want[u.Offset:int(u.Offset)+n]); err == nil {
			acked = u.Offset
		}
		u.ID = id
		if err != nil && !c.wait(err) {
			return false
		}
	}
	c.id = u.ID
	return true
}

// The server is frozen with 200 uploads in flight over a pool of 8 connections: a request waits for a bounded time, and
// afterwards every upload goes on.
func TestPostgresFreezesUnderUploads(t *testing.T) {
	t.Parallel()
	server := sqltest.Start(t)
	address := server.Database(t)
	h := on(t, address)
	h.limits.Quota.Open = 0
	e := h.node("a")
	const uploads = 200
	data := photo(4000)
	ids, ends, goOn := make([]storage.ID, uploads), make(chan error, uploads), make(chan struct{})
	var reading sync.WaitGroup
	reading.Add(uploads)
	for i := range ids {
		ids[i] = h.create(e, int64(len(data)))
		b := whole(data)
		b.piece = 1000
		reads := 0
		b.pause = func() {
			if reads++; reads == 3 {
				reading.Done()
				<-goOn
			}
		}
		go func() {
			_, err := send(e, ids[i], 0, int64(len(data)), b)
			ends <- err
		}()
	}
	reading.Wait()
	var connections int
	watch := sqltest.Open(t, sqldb.Config{URL: address + "&application_name=watch"})
	const count = `SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'cameo' AND datname = current_database()`
	if err := watch.QueryRow(bg, count).Scan(&connections); err != nil || connections > 8 {
		t.Errorf("got %d connections, %v; want 8 at most", connections, err)
	}

	server.Freeze(t)
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			begin := time.Now()
			_, err := e.Status(bg, ids[i])
			if took := time.Since(begin); !fault.Is(err, fault.Unavailable) || took > patience+slack {
				t.Errorf("frozen: got %v after %v, want unavailable within %v", err, took, patience)
			}
		})
	}
	wg.Wait()
	server.Thaw(t)
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if _, err := e.Find(bg, ids[0]); err == nil {
			break
		} else if time.Since(begin) > patience {
			t.Fatalf("thawed: %v", err)
		}
	}
	close(goOn)
	for range ids {
		if err := <-ends; err != nil {
			t.Errorf("an upload in flight: %v", err)
		}
	}
	for _, id := range ids {
		same(t, h.read(e, id), data)
	}
}

// A commit whose own database freezes ends in time as well.
func TestPostgresFreezesUnderACommit(t *testing.T) {
	t.Parallel()
	server := sqltest.Start(t, "fsync = off")
	h := on(t, server.Database(t))
	e, data := h.node("a"), photo(size)
	id := h.create(e, size)
	_, done := hang(t, e, id, 0, data[:5000])
	server.Freeze(t)
	begin := time.Now()
	if err := e.Drain(bg); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if took := time.Since(begin); took > patience+slack {
		t.Errorf("it took %v", took)
	}
	server.Thaw(t)
	b := h.node("b")
	u, err := b.Status(bg, id)
	if err != nil || u.Offset != 0 && u.Offset != 5000 {
		t.Fatalf("got offset %d, %v", u.Offset, err)
	}
	if _, err := put(b, id, u.Offset, data[u.Offset:]); err != nil {
		t.Fatal(err)
	}
	same(t, h.read(b, id), data)
}

// The connection ends between each commit of an upload and its answer: each step is made once.
func TestPostgresAmbiguousCommits(t *testing.T) {
	t.Parallel()
	server := sqltest.Shared(t)
	proxy := server.Proxy(t)
	h := on(t, proxy.Through(t, server.Database(t)))
	e, data := h.node("a"), photo(size)
	proxy.Lose("COMMIT")
	id := h.create(e, size)
	lost := 1
	at := int64(0)
	for _, n := range []int64{500, 700, 5000, size - 6200} {
		for i, half := range []int64{n / 2, n - n/2} {
			tag := "COMMIT"
			if i == 0 && half > s3Shape.Inline {
				tag = "UPDATE" // the claim of what does not ride in the row
			}
			proxy.Lose(tag)
			lost++
			before, err := e.Find(bg, id)
			if err != nil {
				t.Fatal(err)
			}
			u, err := put(e, id, at, data[at:at+half])
			if err != nil || u.Offset != at+half || proxy.Faults() != lost {
				t.Fatalf("%s at %d: got offset %d, %v, after %d lost answers; want %d after %d",
					tag, at, u.Offset, err, proxy.Faults(), at+half, lost)
			}
			if claims := u.Epoch - before.Epoch; claims > 2 {
				t.Errorf("%s at %d: %d claims", tag, at, claims)
			}
			at += half
		}
	}
	if u, err := e.Find(bg, id); err != nil || u.State != storage.Complete || u.Offset != size {
		t.Errorf("got %v at %d, %v", u.State, u.Offset, err)
	}
	same(t, h.read(e, id), data)
	mustSweep(t, e)
	h.pass(2 * time.Hour)
	mustSweep(t, e)
	h.wantNoOrphans(id)
	same(t, h.read(e, id), data)
}

// Two nodes get different bytes for the same offset, again and again: one of them wins, and its bytes are there.
func TestPostgresTwoNodesOneOffset(t *testing.T) {
	t.Parallel()
	address := sqltest.Shared(t).Database(t)
	h := on(t, address)
	nodes := []*storage.Engine{h.node("a"), h.another(t, address, "b")}
	const rounds, piece = 50, 700
	id := h.create(nodes[0], rounds*piece)
	var want []byte
	wins := [2]int{}
	for round := range rounds {
		at := int64(round * piece)
		sent, errs := [2][]byte{}, [2]error{}
		var wg sync.WaitGroup
		for i, e := range nodes {
			sent[i] = photo(piece)
			wg.Go(func() { _, errs[i] = put(e, id, at, sent[i]) })
		}
		wg.Wait()
		winner := -1
		for i, err := range errs {
			switch fault.Of(err) {
			case 0:
				if winner >= 0 {
					t.Fatalf("round %d: both were told that their bytes are kept", round)
				}
				winner = i
			case fault.Superseded, fault.WrongOffset, fault.Conflict:
			default:
				t.Errorf("round %d: a loser got %v", round, err)
			}
		}
		if winner < 0 {
			t.Fatalf("round %d: nobody won: %v", round, errs)
		}
		wins[winner]++
		want = append(want, sent[winner]...)
	}
	t.Logf("wins: %v", wins)
	same(t, h.read(nodes[1], id), want)
}

// A node is frozen after it has handed its bytes to the store and before the commit. The other one takes over and
// finishes. What the first does when it wakes up is refused and stays unseen.
func TestPostgresZombieWriter(t *testing.T) {
	t.Parallel()
	address := sqltest.Shared(t).Database(t)
	h := on(t, address)
	a, b := h.node("a"), h.another(t, address, "b")
	frozen, thaw := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.mem.Fault = func(op string, name storage.Name) error {
		if op == "sync" && strings.HasSuffix(string(name), "-a") {
			once.Do(func() { close(frozen) })
			<-thaw
		}
		return nil
	}
	theirs, ours := photo(size), photo(size)
	id := h.create(a, size)
	late := make(chan error, 1)
	go func() {
		_, err := put(a, id, 0, theirs)
		late <- err
	}()
	<-frozen
	if u, err := b.Status(bg, id); err != nil || u.Offset != 0 {
		t.Fatalf("got offset %d, %v", u.Offset, err)
	}
	if u, err := put(b, id, 0, ours); err != nil || u.State != storage.Complete {
		t.Fatalf("got %v, %v", u.State, err)
	}
	must(t, h.ledger.Hold(bg, id, "a photo"))
	mustSweep(t, b)
	close(thaw)
	if err := <-late; !fault.Is(err, fault.Superseded) && !fault.Is(err, fault.Conflict) {
		t.Errorf("the zombie got %v", err)
	}
	same(t, h.read(a, id), ours)
	for range 2 {
		h.pass(2 * time.Hour)
		mustSweep(t, b)
	}
	h.wantNoOrphans(id)
	same(t, h.read(b, id), ours)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
