package sqldb_test

import (
	"path/filepath"
	"testing"

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
