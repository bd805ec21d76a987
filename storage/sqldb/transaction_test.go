package sqldb_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

var errStop = errors.New("stop")

func add(t *testing.T, ctx context.Context, db *sqldb.DB, id int) {
	t.Helper()
	if n, err := db.Exec(ctx, addProbe, id, 1); err != nil || n != 1 {
		t.Fatalf("insert: %d rows, %v", n, err)
	}
}

func scanInt(row sqldb.Scanner) (n int, err error) {
	err = row.Scan(&n)
	return n, err
}

func TestAllOfDoOrNothing(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for _, test := range []struct {
			name  string
			fn    func(ctx context.Context) error
			fails bool
			want  int // rows afterwards
		}{
			{"an error", func(ctx context.Context) error {
				add(t, ctx, db, 1)
				return errStop
			}, true, 0},
			{"a part that failed and was overlooked", func(ctx context.Context) error {
				add(t, ctx, db, 1)
				_ = db.Do(ctx, func(context.Context) error { return errStop })
				return nil
			}, true, 0},
			{"two parts", func(ctx context.Context) error {
				add(t, ctx, db, 1)
				return db.Do(ctx, func(ctx context.Context) error {
					add(t, ctx, db, 2)
					if got := probes(t, ctx, db); got != 2 {
						t.Errorf("within: got %d rows, want 2", got)
					}
					if got := probes(t, context.Background(), db); got != 0 {
						t.Errorf("outside: got %d rows, want none before the commit", got)
					}
					return nil
				})
			}, false, 2},
		} {
			if err := db.Do(t.Context(), test.fn); errors.Is(err, errStop) != test.fails {
				t.Errorf("%s: got %v", test.name, err)
			}
			if got := probes(t, t.Context(), db); got != test.want {
				t.Errorf("%s: got %d rows, want %d", test.name, got, test.want)
			}
		}
	})
}

func TestAWriteOutlivesItsCaller(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Do(ctx, func(ctx context.Context) error {
			cancel()
			add(t, ctx, db, 1)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		add(t, ctx, db, 2)
		if got := probes(t, t.Context(), db); got != 2 {
			t.Errorf("got %d rows, want 2", got)
		}
		var n int
		if err := db.QueryRow(ctx, countProbe).Scan(&n); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a query whose caller has gone: got %v, want unavailable", err)
		}
	})
}

func TestRows(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		var n int
		for name, row := range map[string]sqldb.Row{
			"query": db.QueryRow(ctx, `SELECT writes FROM probes WHERE id = $1`, 5),
			"write": db.WriteRow(ctx, `UPDATE probes SET writes = 1 WHERE id = $1 RETURNING writes`, 5),
		} {
			if err := row.Scan(&n); !errors.Is(err, sqldb.ErrNoRow) {
				t.Errorf("%s: got %v, want no row", name, err)
			}
		}
		err := db.Do(ctx, func(ctx context.Context) error {
			add(t, ctx, db, 1)
			err := db.WriteRow(ctx, `UPDATE probes SET writes = 1 WHERE id = 5 RETURNING writes`).Scan(&n)
			if !errors.Is(err, sqldb.ErrNoRow) {
				t.Errorf("within: got %v, want no row", err)
			}
			return nil
		})
		if err != nil || probes(t, ctx, db) != 1 {
			t.Errorf("no row undid the transaction: %v", err)
		}
		err = db.WriteRow(ctx, `UPDATE probes SET writes = 7 WHERE id = 1 RETURNING writes`).Scan(&n)
		if err != nil || n != 7 {
			t.Errorf("got %d, %v; want 7", n, err)
		}
		add(t, ctx, db, 2)
		ids, err := sqldb.All(ctx, db, scanInt, `SELECT id FROM probes ORDER BY id`)
		if err != nil || !slices.Equal(ids, []int{1, 2}) {
			t.Errorf("got %v, %v; want 1 and 2", ids, err)
		}
	})
}

// A statement that runs while its own rows are still being read, on the same connection, needs a second
// preparation.
func TestAStatementWithinItsOwnRows(t *testing.T) {
	t.Parallel()
	db := sqltest.SQLite(t)
	add(t, t.Context(), db, 1)
	add(t, t.Context(), db, 2)
	const query = `SELECT id FROM probes WHERE id >= $1 ORDER BY id`
	round := func(ctx context.Context) error {
		outer, err := db.Query(ctx, query, 1)
		if err != nil {
			return err
		}
		defer outer.Close()
		var seen []int
		for outer.Next() {
			n, err := scanInt(outer)
			if err != nil {
				return err
			}
			inner, err := sqldb.All(ctx, db, scanInt, query, n)
			if err != nil {
				return err
			}
			seen = append(seen, len(inner))
		}
		if !slices.Equal(seen, []int{2, 1}) {
			t.Errorf("got %v rows within, want [2 1]", seen)
		}
		return outer.Err()
	}
	for range 3 {
		if err := db.Do(t.Context(), round); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWrongStatementIsInternalAndNotShown(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, t.Context(), db, 1)
		_, err := db.Exec(t.Context(), addProbe, 1, 1) // its key is taken
		if !fault.Is(err, fault.Internal) || sqldb.Unknown(err) {
			t.Errorf("got %v, want internal", err)
		}
		if m := fault.Public(err).Message; strings.Contains(m, "probes") || strings.Contains(m, "UNIQUE") {
			t.Errorf("the message shows the statement: %q", m)
		}
	})
}

func TestAFullDatabaseIsFull(t *testing.T) {
	t.Parallel()
	db := sqltest.SQLite(t)
	var pages int
	if err := db.WriteRow(t.Context(), `PRAGMA max_page_count = 60`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	_, err := db.Exec(t.Context(), `INSERT INTO trash (blob, due) VALUES ($1, 0)`, strings.Repeat("x", 1<<20))
	if !fault.Is(err, fault.Full) {
		t.Errorf("got %v, want full", err)
	}
	add(t, t.Context(), db, 1) // what is small still fits: the failed write left nothing behind
}

func TestAnotherProcessesLockIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cameo.db")
	one, other := sqltest.SQLiteAt(t, path), sqltest.SQLiteAt(t, path)
	locked, written := make(chan struct{}), make(chan error)
	begin := time.Now()
	go func() {
		written <- one.Do(context.Background(), func(ctx context.Context) error {
			if _, err := one.Exec(ctx, addProbe, 1, 1); err != nil {
				return err
			}
			close(locked)
			time.Sleep(2500 * time.Millisecond) // longer than the file is polled for in one try
			return nil
		})
	}()
	<-locked
	runs := 0
	err := other.Do(context.Background(), func(ctx context.Context) error {
		runs++
		_, err := other.Exec(ctx, addProbe, 2, 1)
		return err
	})
	if err != nil || runs != 1 {
		t.Errorf("got %v after %d runs, want one run after the lock was free", err, runs)
	}
	if waited := time.Since(begin); waited < 2400*time.Millisecond {
		t.Errorf("it was written after %v, before the other's commit", waited)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

func TestALockThatStaysIsUnavailable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cameo.db")
	one := sqltest.SQLiteAt(t, path)
	other, err := sqldb.Open(t.Context(), sqldb.Config{Path: path, Write: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	err = one.Do(t.Context(), func(context.Context) error {
		_, err := other.Exec(t.Context(), addProbe, 1, 1)
		if !fault.Is(err, fault.Unavailable) || sqldb.Unknown(err) {
			t.Errorf("got %v, want unavailable", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := other.Exec(t.Context(), addProbe, 1, 1); n != 1 || err != nil {
		t.Errorf("afterwards: got %d rows, %v", n, err)
	}
}

// What a transaction did whose time is over is undone, and the connection serves the next one.
func TestATransactionThatTakesTooLongIsUndone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cameo.db")
	sqltest.SQLiteAt(t, path)
	db, err := sqldb.Open(t.Context(), sqldb.Config{Path: path, Write: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Do(t.Context(), func(ctx context.Context) error {
		add(t, ctx, db, 1)
		<-ctx.Done()
		return nil
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if got := probes(t, t.Context(), db); got != 0 {
		t.Errorf("got %d rows, want none", got)
	}
	add(t, t.Context(), db, 1)
}

func TestManyWritersTakeTurns(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		add(t, t.Context(), db, 1)
		var wg sync.WaitGroup
		const writers, rounds = 16, 5
		for range writers {
			wg.Go(func() {
				for range rounds {
					err := db.Do(t.Context(), func(ctx context.Context) error {
						var n int
						if err := db.WriteRow(ctx,
							`UPDATE probes SET writes = writes WHERE id = 1 RETURNING writes`).Scan(&n); err != nil {
							return err
						}
						_, err := db.Exec(ctx, `UPDATE probes SET writes = $1 WHERE id = 1`, n+1)
						return err
					})
					if err != nil {
						t.Errorf("a writer: %v", err)
					}
				}
			})
		}
		wg.Wait()
		var n int
		if err := db.QueryRow(t.Context(), `SELECT writes FROM probes WHERE id = 1`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != 1+writers*rounds {
			t.Errorf("got %d, want %d: an update was lost", n, 1+writers*rounds)
		}
	})
}
