//go:build bench && linux

package servertest_test

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
)

const (
	entries   = 100_000
	perPerson = 50   // entries; one person's are unfinished
	questions = 1000 // of each kind
	restarts  = 7
)

// measureLedger asks and restarts a server that has a long history.
func measureLedger(t *testing.T, r *rig) []section {
	child := servertest.Process(t, servertest.ProcessOptions{Data: scratch(t, r.top), Unlimited: true})
	child.WaitReady()
	child.Kill()
	unfinished := fill(t, filepath.Join(child.Data, "cameo.db"))
	r.settle(t)
	return []section{measureStatus(t, child, unfinished), measureRestart(t, child)}
}

// fill adds entries to a database, one upload a line of history, and returns the keys of the unfinished ones.
func fill(t *testing.T, path string) (unfinished []storage.Key) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{Path: path, Write: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	rows := ledger.New(db)
	jane := storage.Subject(servertest.Person("jane"))
	begin := storage.At(time.Now())
	err = db.Do(t.Context(), func(ctx context.Context) error {
		for i := range entries {
			owner := jane
			if i%(entries/perPerson) != 0 {
				owner = storage.Subject(servertest.Person(strconv.Itoa(i / perPerson)))
			} else {
				unfinished = append(unfinished, entryKey(i))
			}
			if err := history(ctx, rows, i, owner, owner == jane, begin); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return unfinished
}

func entryKey(i int) storage.Key { return storage.Key(fmt.Sprintf("%010d", i)) }

// history makes one upload of 4 MiB in two extents, whose last is missing from one that is active.
func history(
	ctx context.Context, rows *ledger.Ledger, i int, owner storage.Subject, active bool, now storage.Millis,
) error {
	const half = 2 << 20
	u := storage.Upload{
		ID: storage.ID{Community: 1, Key: entryKey(i)}, Owner: owner, State: storage.Active, Length: 2 * half,
		Type: "image/png", Name: "a.png", Created: now, Expires: now.Add(48 * time.Hour), Due: now.Add(48 * time.Hour),
	}
	if _, err := rows.Create(ctx, u, storage.Quota{}); err != nil {
		return err
	}
	blob := storage.RunName(u.Key, 1, 0, "bench")
	c := storage.Commit{
		ID: u.ID, To: half, Inline: half, Head: []byte("\x89PNG\r\n\x1a\n"), Now: now,
		Put: []storage.Extent{{Len: half, Blob: blob}},
	}
	if !active {
		c.Put = append(c.Put, storage.Extent{Off: half, Len: half, Blob: blob, At: half})
		c.To, c.Inline, c.State, c.Due = 2*half, 2*half, storage.Complete, u.Due
	}
	return rows.Commit(ctx, c)
}

// measureStatus asks how far uploads are, in both ways by turns.
func measureStatus(t *testing.T, child *servertest.Child, keys []storage.Key) section {
	child.Start()
	child.WaitReady()
	c := speaker(t, child)
	var heads, queries times
	for i := range questions {
		address := c.url + "/.api2/api/v1/communities/1/attachments/uploads/" + string(keys[i%len(keys)])
		begin := time.Now()
		if err := c.head(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		middle := time.Now()
		if err := c.query(t.Context(), address, 4<<20); err != nil {
			t.Fatal(err)
		}
		heads, queries = append(heads, middle.Sub(begin)), append(queries, time.Since(middle))
	}
	s := section{
		title:  fmt.Sprintf("Status query with %d entries in the ledger", entries),
		about:  fmt.Sprintf("%d of each kind, one after the other; the server's time is that of its own log.", questions),
		header: []string{"", "server p50, ms", "server p90, ms", "client p50, ms", "client p90, ms"},
	}
	for _, kind := range []struct {
		name, method string
		client       times
	}{{"HEAD", "HEAD", heads}, {"PATCH `bytes */U`", "PATCH", queries}} {
		server := logged(t, child, kind.method)
		s.rows = append(s.rows, []string{
			kind.name, inMS(server.p50()), inMS(server.at(0.9)), inMS(kind.client.p50()), inMS(kind.client.at(0.9)),
		})
		s.bounds = append(s.bounds, atMost(kind.name+", server p50", ms(server.p50()), 1, "ms"))
	}
	return s
}

// logged are the durations of a child's requests of one method, by its own log.
func logged(t *testing.T, child *servertest.Child, method string) (all times) {
	t.Helper()
	lines := regexp.MustCompile(` method=` + method + ` .* took=(\S+) `)
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if len(lines.FindAllStringIndex(child.Said(), -1)) == questions {
			break // its last lines wait a moment
		}
	}
	for _, m := range lines.FindAllStringSubmatch(child.Said(), -1) {
		took, err := time.ParseDuration(m[1])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, took)
	}
	if len(all) != questions {
		t.Fatalf("the log tells of %d requests by %s, want %d", len(all), method, questions)
	}
	return all
}

// measureRestart kills the server and starts it again, from exec to the answer that it is ready.
func measureRestart(t *testing.T, child *servertest.Child) section {
	var listening, ready times
	for range restarts {
		child.Kill()
		begin := time.Now()
		child.Start()
		listening = append(listening, time.Since(begin))
		child.WaitReady()
		ready = append(ready, time.Since(begin))
	}
	return section{
		title:  fmt.Sprintf("Restart with %d entries in the ledger", entries),
		about:  fmt.Sprintf("%d times, after SIGKILL: from exec to the line that it listens, and to 200 of /readyz.", restarts),
		header: []string{"", "p50, ms", "longest, ms"},
		rows: [][]string{
			{"listening", inMS(listening.p50()), inMS(listening.at(1))},
			{"ready", inMS(ready.p50()), inMS(ready.at(1))},
		},
		bounds: []bound{atMost("ready, p50", ms(ready.p50()), 1000, "ms")},
	}
}
