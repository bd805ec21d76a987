package ledger_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

const entries = 100_000

// BenchmarkLedger measures what a status query and a chunk cost with 100,000 uploads in the ledger.
func BenchmarkLedger(b *testing.B) {
	path := filepath.Join(b.TempDir(), "cameo.db")
	db := sqltest.SQLiteAt(b, path)
	l := ledger.New(db)
	fill(b, db, entries)
	ctx := context.Background()
	if size, err := os.Stat(path); err == nil {
		b.Logf("%d uploads take %d bytes each", entries, size.Size()/entries)
	}
	b.Run("open", func(b *testing.B) { // as a restart does
		measure(b, func() error {
			again, err := sqldb.Open(ctx, sqldb.Config{Path: path})
			if err != nil {
				return err
			}
			return errors.Join(again.Migrate(ctx), again.Close())
		})
	})
	b.Run("find", func(b *testing.B) {
		measure(b, func() error {
			_, err := l.Find(ctx, id(rand.IntN(entries)))
			return err
		})
	})
	b.Run("claim+commit", func(b *testing.B) { // of any upload: an extent takes another's place
		measure(b, func() error {
			u, err := l.Claim(ctx, id(rand.IntN(entries)), -1, "node", now)
			if err != nil {
				return err
			}
			c := step(u)
			c.Put = []storage.Extent{{Off: 0, Len: c.To, CRC: 1, Blob: storage.RunName(u.Key, u.Epoch, 1, "a")}}
			c.Release = true
			return l.Commit(ctx, c)
		})
	})
	b.Run("commit", func(b *testing.B) { // of one long upload: an extent is added
		u := fresh(entries)
		u.Length = storage.Unknown
		if _, err := l.Create(ctx, u, storage.Quota{}); err != nil {
			b.Fatal(err)
		}
		measure(b, func() error {
			c := adding(u, 1<<20, storage.RunName(u.Key, u.Epoch, 1, "a"))
			u.Offset, u.Inline = c.To, c.To
			return l.Commit(ctx, c)
		})
		c := step(u)
		c.Purge = true
		if err := l.Commit(ctx, c); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("sync", func(b *testing.B) { // one synced append of two pages, which no commit can beat
		f, err := os.Create(filepath.Join(b.TempDir(), "log"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		pages := make([]byte, 8192)
		measure(b, func() error {
			if _, err := f.Write(pages); err != nil {
				return err
			}
			return f.Sync()
		})
	})
}

// measure runs do again and again and reports the median and the 99th percentile of its time in microseconds.
func measure(b *testing.B, do func() error) {
	var times []float64
	for b.Loop() {
		begin := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		times = append(times, float64(time.Since(begin).Nanoseconds())/1000)
	}
	slices.Sort(times)
	b.ReportMetric(times[len(times)/2], "p50-µs")
	b.ReportMetric(times[len(times)*99/100], "p99-µs")
}
