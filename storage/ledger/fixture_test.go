package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

const now storage.Millis = 1_700_000_000_000

// each runs test on a fresh ledger of each engine.
func each(t *testing.T, test func(t *testing.T, l *ledger.Ledger)) {
	t.Helper()
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, ledger.New(db)) })
}

// id is the n-th upload's of community 1.
func id(n int) storage.ID {
	return storage.ID{Community: 1, Key: storage.Key(fmt.Sprintf("k%09d", n))}
}

// fresh is the n-th upload of jane, 100 bytes long.
func fresh(n int) storage.Upload {
	return storage.Upload{
		ID: id(n), Owner: "jane", State: storage.Active, Length: 100, Type: "image/png", Name: "me.png",
		Created: now, Expires: now + 1000, Due: now + 1000,
	}
}

func create(t *testing.T, l *ledger.Ledger, u storage.Upload) storage.Upload {
	t.Helper()
	made, err := l.Create(t.Context(), u, storage.Quota{})
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return made
}

func find(t *testing.T, l *ledger.Ledger, id storage.ID) storage.Upload {
	t.Helper()
	u, err := l.Find(t.Context(), id)
	if err != nil {
		t.Fatalf("find: %v", err)
	}
	return u
}

func claim(t *testing.T, l *ledger.Ledger, id storage.ID, at int64) storage.Upload {
	t.Helper()
	u, err := l.Claim(t.Context(), id, at, "node-a", now)
	if err != nil {
		t.Fatalf("claim at %d: %v", at, err)
	}
	return u
}

func commit(t *testing.T, l *ledger.Ledger, c storage.Commit) {
	t.Helper()
	if err := l.Commit(t.Context(), c); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// step is a commit that follows u and changes nothing yet.
func step(u storage.Upload) storage.Commit {
	return storage.Commit{
		ID: u.ID, Epoch: u.Epoch, From: u.Offset, To: u.Offset, Inline: u.Inline, CRC: u.CRC, Now: now,
	}
}

// adding is a commit that follows u and adds a blob of n bytes.
func adding(u storage.Upload, n int64, blob storage.Name) storage.Commit {
	c := step(u)
	c.To, c.Inline = c.From+n, c.From+n
	c.Put = []storage.Extent{{Off: c.From, Len: n, CRC: 7, Blob: blob}}
	return c
}

// complete brings a fresh upload of 100 bytes to Complete.
func complete(t *testing.T, l *ledger.Ledger, n int, blob storage.Name) storage.Upload {
	t.Helper()
	create(t, l, fresh(n))
	c := adding(claim(t, l, id(n), 0), 100, blob)
	c.State, c.Due, c.Release = storage.Complete, now+500, true
	commit(t, l, c)
	return find(t, l, id(n))
}

func extents(t *testing.T, l *ledger.Ledger, id storage.ID, from, to int64) []storage.Extent {
	t.Helper()
	xs, err := l.Extents(t.Context(), id, from, to)
	if err != nil {
		t.Fatalf("extents: %v", err)
	}
	return xs
}

// trash is everything that was ever discarded, in one line.
func trash(t *testing.T, l *ledger.Ledger) string {
	t.Helper()
	names, err := l.Discarded(t.Context(), 1<<60, 0, 1000)
	if err != nil {
		t.Fatalf("discarded: %v", err)
	}
	slices.Sort(names)
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = string(n)
	}
	return strings.Join(parts, " ")
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.Of(err); got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}

func wantOffset(t *testing.T, err error, have, got int64) {
	t.Helper()
	e, ok := errors.AsType[*storage.OffsetError](err)
	if !ok || e.Have != have || e.Got != got {
		t.Errorf("got %v, want an OffsetError of %d and %d", err, have, got)
	}
}
