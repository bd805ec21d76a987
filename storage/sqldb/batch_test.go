package sqldb_test

import (
	"context"
	"errors"
	"testing"

	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		add := func(id int) sqldb.Step { return sqldb.Step{Query: addProbe, Args: []any{id, 1}} }
		again := sqldb.Step{Query: addProbe + ` ON CONFLICT DO NOTHING`, Args: []any{1, 1}}
		wrong := sqldb.Step{Query: `INSERT INTO probes (id, writes) VALUES ($1, NULL)`, Args: []any{9}}
		for _, c := range []struct {
			name  string
			steps []sqldb.Step
			done  bool
			want  fault.Kind
			count int
		}{
			{"all change something", []sqldb.Step{add(1), add(2)}, true, 0, 2},
			{"the first does not", []sqldb.Step{again, add(3)}, false, 0, 2},
			{"the last does not", []sqldb.Step{add(3), again}, false, 0, 2},
			{"one is refused", []sqldb.Step{add(3), wrong}, false, fault.Internal, 2},
			{"one alone", []sqldb.Step{add(3)}, true, 0, 3},
		} {
			for range 10 { // more often than there are connections: none is left in a transaction
				done, err := db.Batch(ctx, c.steps...)
				if done != c.done || fault.Of(err) != c.want {
					t.Errorf("%s: got %v, %v", c.name, done, err)
				}
				if n := probes(t, ctx, db); n != c.count {
					t.Errorf("%s: got %d rows, want %d", c.name, n, c.count)
				}
				if c.done {
					break
				}
			}
		}
		taken := errors.New("undo all of it")
		err := db.Do(ctx, func(ctx context.Context) error {
			if done, err := db.Batch(ctx, add(4)); !done || err != nil {
				t.Errorf("within a transaction: got %v, %v", done, err)
			}
			return taken
		})
		if !errors.Is(err, taken) || probes(t, ctx, db) != 3 {
			t.Errorf("a batch outlives the transaction around it: %v", err)
		}
	})
}
