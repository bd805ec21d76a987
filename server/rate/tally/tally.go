// Package tally keeps in SQL what nodes have counted together. Its rows live for as long as a window.
package tally

import (
	"context"
	"fmt"
	"strings"

	"cameo/server/rate"
	"cameo/storage"
	"cameo/storage/sqldb"
)

// Tally implements rate.Tally. It is safe for use by many goroutines and many nodes.
type Tally struct {
	db  *sqldb.DB
	add string
}

var _ rate.Tally = (*Tally)(nil)

// New returns the tally that lies in a migrated database.
func New(db *sqldb.DB) *Tally { return &Tally{db, addCounts()} }

// addCounts adds rate.MostCounts counts in one statement; those of nothing are left out.
func addCounts() string {
	var s strings.Builder
	s.WriteString("INSERT INTO rates (name, ends, n) SELECT column1, column2, column3 FROM (VALUES ")
	for i := range rate.MostCounts {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "(CAST($%d AS TEXT), CAST($%d AS BIGINT), CAST($%d AS BIGINT))", 3*i+1, 3*i+2, 3*i+3)
	}
	s.WriteString(`) AS v WHERE column3 > 0
		ON CONFLICT (name, ends) DO UPDATE SET n = rates.n + excluded.n RETURNING name, ends, n`)
	return s.String()
}

func scanCount(row sqldb.Scanner) (c rate.Count, err error) {
	err = row.Scan(&c.Name, &c.Ends, &c.N)
	return c, err
}

// Add adds counts, see rate.Tally. After an unknown outcome they may have been added twice: that is for one
// window, and to the safe side.
func (t *Tally) Add(ctx context.Context, counts []rate.Count) (sums []rate.Count, err error) {
	args := make([]any, 0, 3*rate.MostCounts)
	for i := range rate.MostCounts {
		var c rate.Count
		if i < len(counts) {
			c = counts[i]
		}
		args = append(args, c.Name, c.Ends, c.N)
	}
	err = t.db.Do(ctx, func(ctx context.Context) error {
		sums, err = sqldb.All(ctx, t.db, scanCount, t.add, args...)
		return err
	})
	return sums, err
}

// Sweep drops what ended before now.
func (t *Tally) Sweep(ctx context.Context, now storage.Millis) error {
	_, err := t.db.Exec(ctx, `DELETE FROM rates WHERE ends < $1`, now)
	return err
}
