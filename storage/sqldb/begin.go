package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// unit is a transaction that has begun. Rollback does nothing after a Commit that succeeded.
type unit interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	Commit() error
	Rollback() error
}

func (db *DB) begin(ctx context.Context) (unit, error) {
	if !db.local {
		return db.writer.BeginTx(ctx, nil)
	}
	c, err := db.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	u := &localUnit{Conn: c, ctx: ctx}
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		_ = c.Close()
		return nil, err
	}
	return u, nil
}

// localUnit is a transaction on SQLite. One of package sql would have a goroutine to watch its time, and its
// driver would parse BEGIN and COMMIT anew each time.
type localUnit struct {
	*sql.Conn
	ctx   context.Context //nolint:containedctx // as sql.Tx has one: when it is over, nothing is committed
	ended bool
}

// Commit is sql.Tx's.
func (u *localUnit) Commit() error {
	if err := u.ctx.Err(); err != nil {
		return err
	}
	if _, err := u.ExecContext(u.ctx, "COMMIT"); err != nil {
		return err
	}
	u.ended = true
	_ = u.Close() // it goes back to the pool
	return nil
}

// Rollback is sql.Tx's. A connection that cannot roll back, or has done so by itself after a failure, is left
// for a new one.
func (u *localUnit) Rollback() error {
	if u.ended {
		return sql.ErrTxDone
	}
	u.ended = true
	if _, err := u.ExecContext(context.WithoutCancel(u.ctx), "ROLLBACK"); err != nil {
		_ = u.Raw(func(any) error { return driver.ErrBadConn })
		return err
	}
	return u.Close()
}
