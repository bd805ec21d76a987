// Package sqltest runs a test on every database engine.
package sqltest

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cameo/storage/sqldb"
)

// Each runs test as a parallel subtest on each engine, with a fresh and migrated database that is closed
// afterwards.
func Each(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	for _, engine := range []struct {
		name string
		open func(testing.TB) *sqldb.DB
	}{
		{"sqlite", SQLite},
	} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			test(t, engine.open(t))
		})
	}
}

// SQLite returns a fresh and migrated SQLite database in a temporary file, for tests in which the engine does
// not matter. It is closed when the test ends.
func SQLite(tb testing.TB) *sqldb.DB {
	tb.Helper()
	return SQLiteAt(tb, filepath.Join(tb.TempDir(), "cameo.db"))
}

// SQLiteAt opens and migrates the SQLite database of that path for the length of a test.
func SQLiteAt(tb testing.TB, path string) *sqldb.DB {
	tb.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{Path: path})
	if err != nil {
		tb.Fatalf("the database does not open: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("the database does not close: %v", err)
		}
	})
	if err := db.Migrate(context.Background()); err != nil {
		tb.Fatalf("the database does not migrate: %v", err)
	}
	return db
}

// Plan returns how the engine would run a query, one step a line, so that a test can ask for the name of an
// index. It needs no arguments.
func Plan(tb testing.TB, db *sqldb.DB, query string) string {
	tb.Helper()
	var args []any
	for strings.Contains(query, "$"+strconv.Itoa(len(args)+1)) {
		args = append(args, nil)
	}
	step := func(row sqldb.Scanner) (detail string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &detail)
		return detail, err
	}
	steps, err := sqldb.All(context.Background(), db, step, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		tb.Fatalf("no plan: %v", err)
	}
	return strings.Join(steps, "\n")
}
