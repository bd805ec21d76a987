package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Step is one statement of a Batch.
type Step struct {
	Query string
	Args  []any
}

// Batch runs statements in one transaction, as Do does, and says whether each of them changed a row; if one
// did not, nothing is changed at all. On PostgreSQL they go to the server together: the transaction takes two
// trips, instead of one for each statement and two more.
func (db *DB) Batch(ctx context.Context, steps ...Step) (done bool, err error) {
	if db.local || db.joined(ctx) != nil {
		err = db.Do(ctx, func(ctx context.Context) error { return db.oneByOne(ctx, steps) })
	} else {
		err = db.persist(ctx, func(ctx context.Context) error { return db.together(ctx, steps) })
	}
	if errors.Is(err, errUnchanged) {
		return false, nil
	}
	return err == nil, err
}

// errUnchanged undoes a Batch of which a step changed nothing.
var errUnchanged = errors.New("a step changed nothing")

func (db *DB) oneByOne(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		n, err := db.Exec(ctx, s.Query, s.Args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return errUnchanged
		}
	}
	return nil
}

// together sends all steps at once, and commits when it has seen what they changed.
func (db *DB) together(ctx context.Context, steps []Step) error {
	c, err := db.writer.Conn(ctx)
	if err != nil {
		return db.fail(err)
	}
	defer c.Close()
	err = c.Raw(func(raw any) error {
		conn := raw.(*stdlib.Conn).Conn()
		if err := begun(ctx, conn, steps); err != nil {
			return undo(ctx, conn, err)
		}
		return nil
	})
	switch {
	case errors.Is(err, errUnchanged):
		return errUnchanged
	case err != nil:
		return db.fail(err)
	}
	return db.settled(c.Raw(func(raw any) error {
		_, err := raw.(*stdlib.Conn).Conn().Exec(ctx, "COMMIT", pgx.QueryExecModeSimpleProtocol)
		return err
	}))
}

// begun begins a transaction with the steps in it.
func begun(ctx context.Context, conn *pgx.Conn, steps []Step) error {
	var all pgx.Batch
	all.Queue("BEGIN")
	for _, s := range steps {
		all.Queue(s.Query, s.Args...)
	}
	results := conn.SendBatch(ctx, &all)
	_, err := results.Exec()
	changed := true
	for range steps {
		if err != nil {
			break
		}
		tag, failed := results.Exec()
		err, changed = failed, changed && tag.RowsAffected() > 0
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	if err == nil && !changed {
		return errUnchanged
	}
	return err
}

// undo rolls back after cause. A connection that cannot is left for a new one.
func undo(ctx context.Context, conn *pgx.Conn, cause error) error {
	if conn.IsClosed() {
		return cause
	}
	if _, err := conn.Exec(ctx, "ROLLBACK", pgx.QueryExecModeSimpleProtocol); err != nil {
		return errors.Join(cause, driver.ErrBadConn)
	}
	return cause
}
