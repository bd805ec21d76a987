// Package ledgertest fills ledgers for tests and benchmarks.
package ledgertest

import (
	"context"
	"strings"
	"testing"

	"cameo/storage"
	"cameo/storage/sqldb"
)

// Fill adds the first n uploads of keys k000000000, k000000001 and so on, each with one extent of 50 of its
// 100 bytes, to a thousand owners. They become due from due on, one a millisecond. With dirty, nine in ten
// are.
func Fill(tb testing.TB, db *sqldb.DB, n int, due storage.Millis, dirty bool) {
	tb.Helper()
	const numbers = `WITH RECURSIVE
		numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1 - 1),
		keys (i, key) AS (SELECT i, 'k' || SUBSTR(CAST(1000000000 + i AS TEXT), 2) FROM numbers) `
	since := storage.Millis(0)
	if dirty {
		since = due
	}
	for _, statement := range []string{
		`INSERT INTO uploads (key, community, owner, state, length, off, inline, epoch, writer, type, name,
			head, crc, last_from, last_to, last_crc, reason, request, created, expires, due, dirty, looked)
			SELECT key, 1, 'owner-' || CAST(i % 1000 AS TEXT), 1, 100, 50, 50, 0, '', 'image/png', 'me.png', $2, i,
			0, 50, i, '', '', 0, 0, CAST($3 AS BIGINT) + i, CAST($4 AS BIGINT) * (i % 10), 0 FROM keys`,
		`INSERT INTO extents (key, off, len, crc, blob, blob_off) SELECT key, 0, 50, i, key || '/1-1', 0 FROM keys`,
	} {
		args := []any{n, make([]byte, storage.HeadSize), due, since}[:1+strings.Count(statement, "$2")*3]
		if _, err := db.Exec(context.Background(), numbers+statement, args...); err != nil {
			tb.Fatalf("fill: %v", err)
		}
	}
}
