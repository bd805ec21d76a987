package servertest_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R18: the connection ends between each commit of an upload and its answer. The node finds its own write, and
// the client learns nothing of it; but an association it has to repeat.
func loseCommits(t *testing.T, all *deployment) {
	t.Helper()
	d, proxy := all.deployment(t), all.postgres.Proxy(t)
	direct := d.stores.Database
	d.stores.Database = proxy.Through(t, direct)
	child := d.nodes(1, smallRuns()...)[0]
	jane, content := call(t, child), servertest.Picture("me.png", 300_000)
	lost := 0
	lose := func(what, verb string, step func()) {
		proxy.Lose(verb)
		step()
		if lost++; proxy.Faults() != lost {
			t.Errorf("%s: the answer to %s was not lost", what, verb)
		}
	}
	key := ""
	lose("create", "COMMIT", func() { key = jane.create(len(content)) })
	at := 0
	for _, step := range []struct {
		verb string // UPDATE: the claim, of what does not ride in the row; COMMIT: the bytes
		to   int
	}{{"COMMIT", 20_000}, {"COMMIT", 40_000}, {"UPDATE", 150_000}, {"COMMIT", 250_000}, {"COMMIT", 300_000}} {
		lose("a chunk", step.verb, func() {
			got := jane.want("a chunk", jane.patch(key, content, at, step.to), http.StatusAccepted, http.StatusOK)
			if got.offset() != step.to {
				t.Errorf("%s: got offset %d, want %d: %v", step.verb, got.offset(), step.to, got)
			}
			at = step.to
		})
	}
	for _, again := range []bool{false, true} { // here it is the client that repeats, which changes nothing
		if jane.trouble = !again; jane.trouble {
			proxy.Lose("COMMIT")
		}
		got, err := jane.associate(key)
		if err != nil {
			t.Fatal(err)
		}
		if again {
			jane.want("associate", got, http.StatusOK)
		} else {
			jane.wantWaiting("associate, without an answer", got)
		}
	}
	jane.wantWhole(key, content)
	jane.wantPhoto()
	d.stores.Database = direct
	d.wantSegments()
	for what, query := range map[string]string{"uploads": "SELECT count(*) FROM uploads", "photos": onePhoto} {
		if got := d.rows(query); got[0] != "1" {
			t.Errorf("%s: got %s, want the one", what, got[0])
		}
	}
	child.Kill()
	d.wantTidy()
}

// R17: 200 uploads are in flight over 8 connections; then the database freezes under them for ten seconds.
func TestNodesR17FrozenDatabase(t *testing.T) {
	t.Parallel()
	d := startServers(t).deployment(t)
	const lines, size, half, pool, frozen, query = 200, 100_000, 50_000, 8, 10 * time.Second, 5 * time.Second
	named := &deployment{d.servers, t, d.stores}
	named.stores.Database += "&application_name=node&pool_max_conns=" + strconv.Itoa(pool)
	nodes, holds := named.watched(1, append(smallRuns(), "--max-open", "0")...)
	child := nodes[0]
	jane, content := call(t, child), servertest.Picture("me.png", size)
	keys, all := make([]string, lines), make([]*line, lines)
	for n := range lines {
		keys[n] = jane.create(size)
	}
	for n, key := range keys {
		all[n] = jane.begin(key, 0, size, size, content[:half])
	}
	arrive()
	d.wantConnections(pool)
	if at := jane.look(keys[0]); at != 0 {
		t.Errorf("got offset %d while all are in flight, want 0", at)
	}

	d.postgres.Freeze(t)
	jane.trouble = true
	begin := time.Now()
	var waiting sync.WaitGroup
	for _, l := range all {
		waiting.Go(func() {
			if _, err := l.Write(content[half:]); err != nil {
				t.Errorf("the rest: %v", err)
			}
			got, err := l.hear(http.MethodPatch)
			if err != nil {
				t.Errorf("no answer: %v", err)
				return
			}
			jane.wantSoon("a PATCH", begin, query+within(3*time.Second), got) // it stores its run first
		})
	}
	waiting.Go(func() {
		asked := time.Now()
		jane.wantSoon("HEAD", asked, query+2*time.Second, jane.ask(http.MethodHead, entry(keys[0]), nil, nil))
	})
	waiting.Wait()
	jane.wantUnready("database")
	time.Sleep(time.Until(begin.Add(frozen)))
	d.postgres.Thaw(t)
	jane.recovers()
	jane.trouble = false

	for n := range lines {
		waiting.Go(func() {
			for at := jane.stand(keys[n]); at < size; at = jane.stand(keys[n]) {
				jane.want("the rest", jane.patch(keys[n], content, at, size), http.StatusOK)
			}
		})
	}
	waiting.Wait()
	d.wantConnections(pool)
	for _, key := range keys {
		jane.wantWhole(key, content)
	}
	for _, l := range all {
		l.Close()
	}
	holds.wantBack(jane)
	child.Kill()
	d.wantTidy()
}

// wantConnections wants the nodes to use the database, and no more connections to it than their pool has.
func (d *deployment) wantConnections(most int) {
	d.t.Helper()
	got := d.rows("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'node'")
	if n, err := strconv.Atoi(got[0]); err != nil || n < 1 || n > most {
		d.t.Errorf("got %s connections, want 1 to %d", got[0], most)
	}
}
