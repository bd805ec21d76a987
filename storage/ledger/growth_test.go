package ledger_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/blobs/mem"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// BenchmarkEngines measures a claim and a commit on each engine, commits synced to the disk.
func BenchmarkEngines(b *testing.B) {
	for _, engine := range []struct {
		name string
		db   *sqldb.DB
	}{
		{"sqlite", sqltest.SQLiteAt(b, filepath.Join(b.TempDir(), "cameo.db"))},
		{"postgres", sqltest.Open(b, sqldb.Config{URL: sqltest.Start(b).Database(b)})},
	} {
		l, ctx := ledger.New(engine.db), context.Background()
		fill(b, engine.db, 1000)
		b.Run(engine.name+"/find", func(b *testing.B) {
			measure(b, func() error {
				_, err := l.Find(ctx, id(1))
				return err
			})
		})
		b.Run(engine.name+"/claim+commit", func(b *testing.B) {
			u := fresh(5000)
			u.Length = storage.Unknown
			if _, err := l.Create(ctx, u, storage.Quota{}); err != nil {
				b.Fatal(err)
			}
			measure(b, func() error {
				claimed, err := l.Claim(ctx, u.ID, u.Offset, "node", now)
				if err != nil {
					return err
				}
				c := adding(claimed, 1<<20, storage.RunName(u.Key, claimed.Epoch, 1, "a"))
				c.Release = true
				u.Offset = c.To
				return l.Commit(ctx, c)
			})
		})
	}
}

// BenchmarkGrowth measures the creation of an upload and one PATCH that finishes it, with few and with a million
// entries in PostgreSQL, in turns.
func BenchmarkGrowth(b *testing.B) {
	server := sqltest.Start(b)
	few, many := grown(b, server, 1_000), grown(b, server, 1_000_000)
	var times [2][]float64
	n := 0
	for b.Loop() {
		n++
		for i, e := range []*storage.Engine{few, many} {
			begin := time.Now()
			if err := uploadOnce(e, storage.Subject(fmt.Sprintf("new-%d", n))); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], float64(time.Since(begin).Microseconds()))
		}
	}
	var p50 [2]float64
	for i := range times {
		slices.Sort(times[i])
		p50[i] = times[i][len(times[i])/2]
	}
	b.ReportMetric(p50[0], "few-p50-µs")
	b.ReportMetric(p50[1], "many-p50-µs")
	b.ReportMetric(p50[1]/p50[0], "many/few")
}

// grown is an engine over a PostgreSQL database with so many entries.
func grown(b *testing.B, server *sqltest.Server, entries int) *storage.Engine {
	address := server.Database(b)
	fill(b, sqltest.Open(b, sqldb.Config{URL: address, Write: 10 * time.Minute, Read: 10 * time.Minute}), entries)
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		server.AdministerIn(b, address, statement)
	}
	return storage.NewEngine(storage.Config{
		Ledger: ledger.New(sqltest.Open(b, sqldb.Config{URL: address})),
		Blobs:  mem.New(storage.Shape{Gather: 16 << 20, Inline: 1 << 20, Parallel: 4}),
		Node:   "node", Clock: func() storage.Millis { return now }, Random: rand.Reader,
		Limits: storage.DefaultLimits(),
	})
}

func uploadOnce(e *storage.Engine, owner storage.Subject) error {
	ctx, bytes := context.Background(), make([]byte, 4096)
	u, err := e.Create(ctx, storage.New{
		Community: 1, Owner: owner, Length: int64(len(bytes)), Type: "image/png", Name: "me.png",
	})
	if err != nil {
		return err
	}
	_, err = e.Append(ctx, storage.Write{
		ID: u.ID, Len: u.Length, Total: u.Length, Body: &source{bytes},
	})
	return err
}

// source is a body that comes whole.
type source struct{ left []byte }

func (s *source) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.left)
	s.left = slices.Clip(s.left[n:])
	return n, nil
}

func (s *source) Interrupt() {}
