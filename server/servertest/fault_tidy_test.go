package servertest_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage/sqldb"
)

// wantTidy is invariant I5: after all that can expire has expired and was swept, the files are exactly those
// that rows mention, and no row is left but those of photos. The server of that data directory has ended.
func wantTidy(t *testing.T, data string) {
	t.Helper()
	wantTidyBlobs(t, data, filepath.Join(data, "blobs"))
}

// wantTidyBlobs is wantTidy for blobs that lie elsewhere.
func wantTidyBlobs(t *testing.T, data, blobs string) {
	t.Helper()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.Data, c.Blobs = data, "disk:"+blobs
	}))
	sweepAll(t, i)
	i.Stop()
	want := wantTidyRows(t, func(query string) []string { return rows(t, data, query) })
	if got := blobFiles(t, blobs); !slices.Equal(got, want) {
		t.Errorf("after the sweep: got the files %q, want those of the rows %q", got, want)
	}
}

// sweepAll lets the time pass in which everything expires that can, and sweeps.
func sweepAll(t *testing.T, i *servertest.Instance) {
	t.Helper()
	for range 6 { // expiry, second looks, tombstones, retention: each makes the next one due
		i.Clock.Advance(8 * 24 * time.Hour)
		if _, err := i.Node().Photos.Sweep(t.Context()); err != nil {
			t.Errorf("the sweep of photos: %v", err)
		}
		if _, err := i.Engine().Sweep(t.Context()); err != nil {
			t.Errorf("the sweep: %v", err)
		}
	}
}

// wantTidyRows is I5 of the rows. It returns the names of the blobs that they mention.
func wantTidyRows(t *testing.T, ask func(query string) []string) []string {
	t.Helper()
	for what, n := range map[string]string{
		"uploads that nobody holds":  "SELECT count(*) FROM uploads WHERE key NOT IN (SELECT key FROM holds)",
		"extents without their row":  "SELECT count(*) FROM extents WHERE key NOT IN (SELECT key FROM uploads)",
		"trash":                      "SELECT count(*) FROM trash",
		"photos that are over":       "SELECT count(*) FROM photos WHERE state > 1 AND due > 0 AND version NOT IN (SELECT newest FROM people)",
		"uploads that are not whole": "SELECT count(*) FROM uploads WHERE state <> 2",
	} {
		if got := ask(n); got[0] != "0" {
			t.Errorf("after the sweep: %s: got %s, want none", what, got[0])
		}
	}
	return ask("SELECT blob FROM extents WHERE blob <> '' UNION SELECT blob FROM renditions ORDER BY 1")
}

// rows returns the first column of a query's answer, as text, from the database in a data directory.
func rows(t *testing.T, data, query string) []string {
	t.Helper()
	return rowsOf(t, sqldb.Config{Path: filepath.Join(data, "cameo.db")}, query)
}

// rowsOf is rows for any database.
func rowsOf(t *testing.T, at sqldb.Config, query string) []string {
	t.Helper()
	db, err := sqldb.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	all := []string{}
	for found.Next() {
		var one string
		if err := found.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// blobFiles are the names of all blobs in a directory, in byte order. Whatever else lies there is an error.
func blobFiles(t *testing.T, dir string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, path := range files(t, dir) {
		folder, file, ok := strings.Cut(path, "/")
		id, leaf, dotted := strings.Cut(file, ".")
		switch {
		case path == "deployment":
		case ok && dotted && strings.HasPrefix(id, folder) && len(folder) == 2:
			found[id+"/"+leaf] = true
		default:
			t.Errorf("there is a file %s among the blobs", path)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// files are the paths of all files below a directory, relative to it.
func files(t *testing.T, dir string) []string {
	t.Helper()
	all := []string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
