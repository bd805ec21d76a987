// Package sqltest runs a test on every database engine. PostgreSQL is Debian's postgresql package: a server
// of its own in a temporary folder, one a test process, in which each test has a database of its own.
package sqltest

import (
	"context"
	"path/filepath"
	"testing"

	"cameo/storage/sqldb"
)

// Each runs test as a parallel subtest on each engine, with a fresh and migrated database that is closed
// afterwards. PostgreSQL's is skipped where it is not installed, see Require.
func Each(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	for _, engine := range []struct {
		name string
		open func(testing.TB) *sqldb.DB
	}{
		{"sqlite", SQLite},
		{"postgres", Postgres},
	} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			test(t, engine.open(t))
		})
	}
}

// SQLite returns a fresh and migrated SQLite database in a temporary file, for tests in which the engine does
// not matter. It is closed when the test ends, and like PostgreSQL's need not survive the machine.
func SQLite(tb testing.TB) *sqldb.DB {
	tb.Helper()
	return migrated(tb, sqldb.Config{Path: filepath.Join(tb.TempDir(), "cameo.db"), NoSync: true})
}

// SQLiteAt opens and migrates the SQLite database of that path for the length of a test.
func SQLiteAt(tb testing.TB, path string) *sqldb.DB {
	tb.Helper()
	return migrated(tb, sqldb.Config{Path: path})
}

func migrated(tb testing.TB, c sqldb.Config) *sqldb.DB {
	tb.Helper()
	db := Open(tb, c)
	if err := db.Migrate(context.Background()); err != nil {
		tb.Fatalf("the database does not migrate: %v", err)
	}
	return db
}

// Postgres returns a fresh and migrated database of the test process's PostgreSQL server. It is closed and
// dropped when the test ends.
func Postgres(tb testing.TB) *sqldb.DB {
	tb.Helper()
	return Open(tb, sqldb.Config{URL: Shared(tb).Database(tb)})
}

// Open opens a database for the length of a test.
func Open(tb testing.TB, c sqldb.Config) *sqldb.DB {
	tb.Helper()
	db, err := sqldb.Open(context.Background(), c)
	if err != nil {
		tb.Fatalf("the database does not open: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("the database does not close: %v", err)
		}
	})
	return db
}
