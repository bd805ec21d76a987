package sqltest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"cameo/storage/sqldb"
)

// WantIndexes fails the test if a statement reads a whole table, or uses no index of one of these names. The
// name of a table is that of its primary key's index; "only " before a name asks for a look into the index
// alone.
func WantIndexes(tb testing.TB, db *sqldb.DB, statement string, names ...string) {
	tb.Helper()
	plan := Plan(tb, db, statement)
	whole := strings.Contains(plan, "SCAN ") && !strings.Contains(plan, "SCAN CONSTANT ROW")
	if whole || strings.Contains(plan, "Seq Scan") {
		tb.Errorf("it reads a whole table:\n%s", plan)
	}
	for _, name := range names {
		if want := indexName(db, name); !strings.Contains(plan, want) {
			tb.Errorf("got no %s in its plan:\n%s", want, plan)
		}
	}
}

// indexName is how a plan of the engine mentions an index.
func indexName(db *sqldb.DB, name string) string {
	name, only := strings.CutPrefix(name, "only ")
	key := !strings.Contains(name, "_")
	if db.Engine() == sqldb.SQLite {
		switch {
		case key:
			return "USING PRIMARY KEY" // a table without rowid is its own index
		case only:
			return "COVERING INDEX " + name
		}
		return name
	}
	switch {
	case key:
		return name + "_pkey"
	case only:
		return "Index Only Scan using " + name
	}
	return name
}

// Plan returns how the engine would run a statement, whatever its arguments, one step a line.
func Plan(tb testing.TB, db *sqldb.DB, statement string) string {
	tb.Helper()
	n := 0
	for strings.Contains(statement, fmt.Sprintf("$%d", n+1)) {
		n++
	}
	read := planSQLite
	if db.Engine() == sqldb.PostgreSQL {
		read = planPostgres
	}
	steps, err := read(context.Background(), db, statement, n)
	if err != nil {
		tb.Fatalf("no plan: %v\n%s", err, statement)
	}
	return strings.Join(steps, "\n")
}

func planSQLite(ctx context.Context, db *sqldb.DB, statement string, args int) ([]string, error) {
	step := func(row sqldb.Scanner) (detail string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &detail)
		return detail, err
	}
	return sqldb.All(ctx, db, step, "EXPLAIN QUERY PLAN "+statement, make([]any, args)...)
}

// planPostgres asks for the plan that serves all arguments, by what the tables hold now, and for one that
// reads a whole table only if there is no other way.
func planPostgres(ctx context.Context, db *sqldb.DB, statement string, args int) (steps []string, err error) {
	execute := "EXPLAIN EXECUTE planned"
	if args > 0 {
		execute += "(NULL" + strings.Repeat(", NULL", args-1) + ")"
	}
	step := func(row sqldb.Scanner) (line string, err error) {
		err = row.Scan(&line)
		return line, err
	}
	err = db.Do(ctx, func(ctx context.Context) error {
		for _, s := range []string{
			"ANALYZE", "SET LOCAL plan_cache_mode = force_generic_plan", "SET LOCAL enable_seqscan = off",
			"PREPARE planned AS " + statement,
		} {
			if _, err := db.Exec(ctx, s); err != nil {
				return err
			}
		}
		if steps, err = sqldb.All(ctx, db, step, execute); err != nil {
			return err
		}
		_, err = db.Exec(ctx, "DEALLOCATE planned")
		return err
	})
	return steps, err
}
