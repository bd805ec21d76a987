package directory_test

import (
	"slices"
	"sync"
	"testing"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// Versions of a file are numbered without a gap and without a number twice, whoever comes at once.
func TestFileVersions(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		d, ctx := open(db), t.Context()
		const file = storage.Key("0000000001")
		version := func(upload storage.Key) association.FileVersion {
			return association.FileVersion{
				Community: 1, File: file, Upload: upload, Title: "me", Description: "on a\nboat", Checksum: "00ff",
			}
		}
		var wait sync.WaitGroup
		numbers := make(chan int, 6)
		for _, upload := range []storage.Key{"0000000002", "0000000003", "0000000004", "0000000005"} {
			wait.Go(func() {
				n, err := d.AddFileVersion(ctx, version(upload))
				if err != nil {
					t.Error(err)
				}
				numbers <- n
			})
		}
		wait.Wait()
		close(numbers)
		var got []int
		for n := range numbers {
			got = append(got, n)
		}
		slices.Sort(got)
		if want := []int{2, 3, 4, 5}; !slices.Equal(got, want) {
			t.Errorf("got the numbers %v, want %v", got, want)
		}
		first := version("0000000009")
		first.File = first.Upload
		if n, err := d.AddFileVersion(ctx, first); err != nil || n != 1 {
			t.Errorf("the file itself: got %d (%v), want 1", n, err)
		}
		all, err := d.FileVersions(ctx, 1, file)
		must(t, err)
		if len(all) != 4 || all[0].Number != 5 || all[0].Title != "me" || all[0].Description != "on a\nboat" || all[0].Checksum != "00ff" {
			t.Errorf("got %+v", all)
		}
		if other, err := d.FileVersions(ctx, 2, file); err != nil || len(other) != 0 {
			t.Errorf("another community's: got %v (%v)", other, err)
		}
		must(t, d.DropFileVersions(ctx, 1, file))
		if all, err = d.FileVersions(ctx, 1, file); err != nil || len(all) != 0 {
			t.Errorf("after the drop: got %v (%v)", all, err)
		}
		must(t, d.SweepFiles(ctx)) // there is no upload at all
		if all, err = d.FileVersions(ctx, 1, first.File); err != nil || len(all) != 0 {
			t.Errorf("after the sweep: got %v (%v)", all, err)
		}
	})
}
