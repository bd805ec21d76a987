package sqldb

import (
	"context"
	"database/sql"
	"errors"
)

// Scanner is a row whose columns can be read.
type Scanner interface {
	Scan(dest ...any) error
}

// Exec runs a statement that changes rows and tells how many. Outside of a transaction it is one of its own.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	err = db.statement(ctx, func(ctx context.Context, on runner) error {
		r, err := on.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		affected, err = r.RowsAffected()
		return err
	})
	return affected, err
}

// runner runs a statement: a transaction, or a connection.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// statement runs one statement that writes: in the transaction of ctx, or as one of its own. No row is no
// reason to undo.
func (db *DB) statement(ctx context.Context, run func(context.Context, runner) error) error {
	if db.autocommit && db.joined(ctx) == nil {
		return db.persist(ctx, func(ctx context.Context) error { return db.alone(ctx, run) })
	}
	missing := false
	err := db.Do(ctx, func(ctx context.Context) error {
		err := db.fail(run(ctx, db.joined(ctx)))
		missing = errors.Is(err, ErrNoRow)
		if missing {
			return nil
		}
		return err
	})
	if err == nil && missing {
		return ErrNoRow
	}
	return err
}

// alone runs a statement outside of a transaction, on a connection taken before: a pool would run it a second
// time, unasked, when the driver takes it for not sent.
func (db *DB) alone(ctx context.Context, run func(context.Context, runner) error) error {
	c, err := db.writer.Conn(ctx)
	if err != nil {
		return db.fail(err)
	}
	defer c.Close()
	return db.settled(run(ctx, c))
}

// Row is a statement that gives at most one row. It runs when Scan is called.
type Row struct{ scan func(dest ...any) error }

// Scan runs the statement and copies the row's columns to dest. No row is ErrNoRow.
func (r Row) Scan(dest ...any) error { return r.scan(dest...) }

// QueryRow reads one row: in the transaction of ctx, or else on a reader.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) Row {
	return Row{func(dest ...any) error {
		if t := db.joined(ctx); t != nil {
			return db.fail(t.QueryRowContext(ctx, query, args...).Scan(dest...))
		}
		ctx, cancel := context.WithTimeout(ctx, db.config.Read)
		defer cancel()
		return db.insist(ctx, func(ctx context.Context) error {
			return db.fail(db.readRow(ctx, query, args, dest))
		})
	}}
}

// readRow reads one row on a reader.
func (db *DB) readRow(ctx context.Context, query string, args, dest []any) error {
	if !db.local {
		return db.reader.QueryRowContext(ctx, query, args...).Scan(dest...)
	}
	c, err := db.reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it goes back to the pool
	// Package sql too would start a goroutine to watch the time of a row that is there at once.
	return c.QueryRowContext(context.WithoutCancel(ctx), query, args...).Scan(dest...)
}

// WriteRow is QueryRow for a statement that changes at most one row and has RETURNING. Outside of a
// transaction it is one of its own. No row is ErrNoRow, which does not undo the transaction around it.
func (db *DB) WriteRow(ctx context.Context, query string, args ...any) Row {
	return Row{func(dest ...any) error {
		return db.statement(ctx, func(ctx context.Context, on runner) error {
			return on.QueryRowContext(ctx, query, args...).Scan(dest...)
		})
	}}
}

// Rows are what a Query gives, one at a time. Close them.
type Rows struct {
	rows   *sql.Rows
	db     *DB
	cancel context.CancelFunc
}

// Query reads rows: in the transaction of ctx, or else on a reader. In a transaction they are read to the end
// or closed before the next statement runs. Most callers want All.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if t := db.joined(ctx); t != nil {
		rows, err := t.QueryContext(ctx, query, args...) //nolint:rowserrcheck // see Rows.Err
		if err != nil {
			return nil, db.fail(err)
		}
		return &Rows{rows, db, func() {}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, db.config.Read)
	var opened *Rows
	err := db.insist(ctx, func(ctx context.Context) error {
		rows, err := db.reader.QueryContext(ctx, query, args...) //nolint:rowserrcheck // see Rows.Err
		if err != nil {
			return db.fail(err)
		}
		opened = &Rows{rows, db, cancel}
		return nil
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return opened, nil
}

// Next moves to the next row. False is the end or a failure: see Err.
func (r *Rows) Next() bool { return r.rows.Next() }

// Scan copies the row's columns to dest.
func (r *Rows) Scan(dest ...any) error { return r.db.fail(r.rows.Scan(dest...)) }

// Err is why Next ended early, or nil.
func (r *Rows) Err() error { return r.db.fail(r.rows.Err()) }

// Close ends the query. Calling it twice is safe.
func (r *Rows) Close() error {
	defer r.cancel()
	return r.db.fail(r.rows.Close())
}

// All reads all rows of a query that gives few, each by scan. A statement with RETURNING is for a
// transaction: within Do.
func All[T any](
	ctx context.Context, db *DB, scan func(Scanner) (T, error), query string, args ...any,
) ([]T, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
