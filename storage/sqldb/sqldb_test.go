package sqldb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

const (
	addProbe   = `INSERT INTO probes (id, writes) VALUES ($1, $2)`
	countProbe = `SELECT COUNT(*) FROM probes`
)

func probes(t *testing.T, ctx context.Context, db *sqldb.DB) (n int) {
	t.Helper()
	if err := db.QueryRow(ctx, countProbe).Scan(&n); err != nil {
		t.Fatalf("count: %v", err)
	}
	return n
}

func TestConfigNamesOneDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]sqldb.Config{
		"none":             {},
		"both":             {Path: "a", URL: "postgres://b"},
		"negative readers": {Path: "a", Readers: -1},
		"no address":       {URL: "postgres://host:port:port/"},
	} {
		if _, err := sqldb.Open(t.Context(), c); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
}

func TestOpenSaysWhatIsWrongWithoutThePath(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path string
		want fault.Kind
	}{
		"a folder":    {t.TempDir(), fault.Unavailable},
		"no folder":   {filepath.Join(t.TempDir(), "missing", "cameo.db"), fault.Unavailable},
		"another one": {text, fault.Corrupt},
	} {
		_, err := sqldb.Open(t.Context(), sqldb.Config{Path: test.path})
		if !fault.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
		if m := fault.Public(err).Message; strings.Contains(m, "/") {
			t.Errorf("%s: the message shows a path: %q", name, m)
		}
	}
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a ?#%41 folder") // characters that mean something in a URI
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	db := sqltest.SQLiteAt(t, filepath.Join(folder, "cameo.db"))
	if err := db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 3 {
		t.Fatalf("got %d files, %v; want the database, its log and its index", len(files), err)
	}
	for _, f := range files {
		if i, err := f.Info(); err != nil || i.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v, %v; want 0600", f.Name(), i.Mode(), err)
		}
	}
}

func TestSQLiteIsSetUpToLastAndToCheck(t *testing.T) {
	t.Parallel()
	db := sqltest.SQLiteAt(t, filepath.Join(t.TempDir(), "cameo.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		err := db.WriteRow(t.Context(), `PRAGMA `+pragma).Scan(&got)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", pragma, got, err, want)
		}
	}
	var n int
	err := db.QueryRow(t.Context(), `INSERT INTO probes (id, writes) VALUES (9, 9) RETURNING writes`).Scan(&n)
	if err == nil || probes(t, t.Context(), db) != 0 {
		t.Errorf("a reader wrote")
	}
}

func TestMigratingTwiceAndAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cameo.db")
	errs := make(chan error)
	const nodes = 5
	for range nodes {
		go func() {
			db, err := sqldb.Open(context.Background(), sqldb.Config{Path: path})
			if err == nil {
				err = errors.Join(db.Migrate(context.Background()), db.Migrate(context.Background()), db.Close())
			}
			errs <- err
		}()
	}
	for range nodes {
		if err := <-errs; err != nil {
			t.Errorf("a node: %v", err)
		}
	}
	if err := sqltest.SQLiteAt(t, path).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestANewerSchemaIsUsedIfItAllows(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		const future = 99_000
		if _, err := db.Exec(ctx,
			`INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)`, future, true); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx); err != nil {
			t.Errorf("a newer schema that programs of schema 1 can read: %v", err)
		}
		if _, err := db.Exec(ctx, `UPDATE schema SET min_reader = $1`, future); err != nil {
			t.Fatal(err)
		}
		err := db.Migrate(ctx)
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "schema 99000") {
			t.Errorf("a newer schema that wants newer programs: got %v, want a conflict that names it", err)
		}
	})
}

func TestTheFirstDeploymentStands(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if id, err := db.Deployment(t.Context()); id != "" || err != nil {
			t.Errorf("before: got %q, %v; want none", id, err)
		}
		for _, id := range []string{"first", "second"} {
			if got, err := db.SetDeployment(t.Context(), id); got != "first" || err != nil {
				t.Errorf("set %s: got %q, %v; want first", id, got, err)
			}
		}
		if id, err := db.Deployment(t.Context()); id != "first" || err != nil {
			t.Errorf("after: got %q, %v; want first", id, err)
		}
	})
}

func TestCheckSeesAClosedDatabase(t *testing.T) {
	t.Parallel()
	db, err := sqldb.Open(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "cameo.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); err == nil {
		t.Error("without its tables: got nil, want an error")
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); err == nil {
		t.Error("closed: got nil, want an error")
	}
}
