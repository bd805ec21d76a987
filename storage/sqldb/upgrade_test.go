package sqldb_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// What an older program has written is there after each migration, in its new form.
func TestMigratingKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(t *testing.T) sqldb.Config{
		"sqlite": func(t *testing.T) sqldb.Config {
			return sqldb.Config{Path: filepath.Join(t.TempDir(), "cameo.db")}
		},
		"postgres": func(t *testing.T) sqldb.Config {
			return sqldb.Config{URL: sqltest.Shared(t).Empty(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			db, err := sqldb.Open(ctx, at(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.MigrateTo(ctx, 2); err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{
				`INSERT INTO people (community, guid, name, current, newest, created) VALUES (1, 'jane', '', 'v', 'v', 5)`,
				`INSERT INTO photos (version, community, person, upload, state, reason, type, width, height, created,
					due, epoch, tries) VALUES ('v', 1, 'jane', 'k', 2, '', 'image/png', 40, 30, 5, 0, 1, 1)`,
				`INSERT INTO renditions (version, size, recipe, blob, length, type, crc, width, height)
					VALUES ('v', 256, 1, 'v/1-256-1', 99, 'image/jpeg', -7, 30, 30)`,
			} {
				if _, err := db.Exec(ctx, statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			var shape, pixels, at, length, crc, crop int64
			var mediaType, blob string
			if err := db.QueryRow(ctx, `SELECT shape, pixels, r.type, blob, blob_off, length, crc, crop_size
				FROM renditions AS r JOIN photos AS p ON p.version = r.version`,
			).Scan(&shape, &pixels, &mediaType, &blob, &at, &length, &crc, &crop); err != nil {
				t.Fatal(err)
			}
			got := []any{shape, pixels, mediaType, blob, at, length, crc, crop}
			for i, want := range []any{int64(0), int64(256), "image/jpeg", "v/1-256-1", int64(0), int64(99), int64(-7), int64(0)} {
				if got[i] != want {
					t.Errorf("column %d: got %v, want %v", i, got[i], want)
				}
			}
		})
	}
}

// A look at the schema tells what is to be done about it, and does nothing.
func TestCurrentSaysWhatIsToBeDone(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]sqldb.Config{
		"sqlite":   {Path: filepath.Join(t.TempDir(), "cameo.db")},
		"postgres": {URL: sqltest.Shared(t).Empty(t)},
	} {
		db := sqltest.Open(t, at)
		newer := func(context.Context) error {
			_, err := db.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, $1)`, true)
			return err
		}
		strange := func(context.Context) error {
			_, err := db.Exec(t.Context(), `UPDATE schema SET min_reader = 999`)
			return err
		}
		for _, step := range []struct {
			does func(context.Context) error
			kind fault.Kind
			says string // in the message; "" when all is well
		}{
			{func(context.Context) error { return nil }, fault.Invalid, "no tables yet: run cameo migrate"},
			{func(ctx context.Context) error { return db.MigrateTo(ctx, 2) }, fault.Invalid, "has schema 2, and this program needs "},
			{db.Migrate, 0, ""},
			{newer, 0, ""},
			{strange, fault.Conflict, "has schema 999, which this program"},
		} {
			if err := step.does(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			err := db.Current(t.Context())
			if fault.Of(err) != step.kind || err != nil && !strings.Contains(err.Error(), step.says) {
				t.Errorf("%s: got %v, want %v with %q", name, err, step.kind, step.says)
			}
		}
	}
	missing := sqldb.Config{Path: filepath.Join(t.TempDir(), "cameo.db"), Exists: true}
	if _, err := sqldb.Open(t.Context(), missing); !fault.Is(err, fault.NotFound) {
		t.Errorf("no file: got %v, want NotFound", err)
	}
	if _, err := os.Stat(missing.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
}
