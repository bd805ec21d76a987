//go:build bench && linux

package servertest_test

import (
	"strconv"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage"
	"cameo/storage/ledger/ledgertest"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

const (
	fewEntries  = 1_000
	manyEntries = 1_000_000
	growths     = 300 // uploads in each database
)

// measureGrowth makes small uploads on two servers, one of which has a long history in PostgreSQL.
func measureGrowth(t *testing.T, r *rig) []section {
	content := servertest.Picture("growth", 4<<10)
	var peers [2]process
	for i, n := range []int{fewEntries, manyEntries} {
		address := r.cloud.postgres.Database(t)
		grow(t, r.cloud.postgres, address, n)
		peers[i] = startCameo(t, r.top, r.cloud.options(t, r.cloud.minio.Endpoint, address))
	}
	r.settle(t)
	var creations, patches, both [2]times
	for round := range growths {
		for i := range peers {
			i = (i + round) % len(peers)
			begin := time.Now()
			address, err := peers[i].create(t.Context(), len(content))
			if err != nil {
				t.Fatal(err)
			}
			middle := time.Now()
			if err := peers[i].patch(t.Context(), address, 0, content, len(content)); err != nil {
				t.Fatal(err)
			}
			creations[i] = append(creations[i], middle.Sub(begin))
			patches[i] = append(patches[i], time.Since(middle))
			both[i] = append(both[i], time.Since(begin))
		}
	}
	s := section{
		title:  "Cost of growth",
		about:  "Creation and one PATCH of 4 KiB, " + strconv.Itoa(growths) + " times by turns.",
		header: []string{"entries in PostgreSQL", "POST p50, ms", "PATCH p50, ms", "both p50, ms", "both p90, ms"},
	}
	for i, n := range []int{fewEntries, manyEntries} {
		s.rows = append(s.rows, []string{
			strconv.Itoa(n), inMS(creations[i].p50()), inMS(patches[i].p50()), inMS(both[i].p50()), inMS(both[i].at(0.9)),
		})
	}
	ratio := float64(both[1].p50()) / float64(both[0].p50())
	s.bounds = []bound{atMost("p50 with a million entries against a thousand", ratio, 1.2, "times")}
	return []section{s}
}

// grow adds entries that nothing is to be done about for a while.
func grow(t *testing.T, server *sqltest.Server, address string, n int) {
	t.Helper()
	db := sqltest.Open(t, sqldb.Config{URL: address, Write: 10 * time.Minute, Read: 10 * time.Minute})
	ledgertest.Fill(t, db, n, storage.At(time.Now().Add(48*time.Hour)), false)
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		server.AdministerIn(t, address, statement)
	}
}
