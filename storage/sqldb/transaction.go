package sqldb

import (
	"context"
	"fmt"
	"time"
)

const (
	tries     = 4                     // of a transaction, at most
	firstWait = 10 * time.Millisecond // before the second try; four times as long before each further one
)

// transaction is what travels in the context. One goroutine uses it at a time.
type transaction struct {
	unit
	failed error // of a part: then the whole may not be committed
}

// current is the context's key for the transaction of a database.
type current struct{ db *DB }

// joined is the transaction that runs under ctx, or nil.
func (db *DB) joined(ctx context.Context) *transaction {
	t, _ := ctx.Value(current{db}).(*transaction)
	return t
}

// Do runs fn in one write transaction and commits it if fn returns nil. Only what runs under the context that
// fn gets is part of it; a Do within joins it, and if that part fails the whole does. Everything in fn sees
// and changes a state that no other writer changes meanwhile on SQLite; on PostgreSQL the rows that fn has
// updated are its own.
//
// Do runs fn again, a few times, when the database rolled back in favour of another transaction or lost the
// connection before the commit: fn must have no effect but in the database. Cancelling ctx does not end it;
// its time limit does. When Unknown holds for the error, the transaction may have been committed.
func (db *DB) Do(ctx context.Context, fn func(ctx context.Context) error) error {
	if t := db.joined(ctx); t != nil {
		err := fn(ctx)
		if err != nil {
			t.failed = err
		}
		return err
	}
	return db.persist(ctx, func(ctx context.Context) error { return db.once(ctx, fn) })
}

// persist runs one attempt at a write, and again while that can help. The write has a time limit of its own.
func (db *DB) persist(ctx context.Context, attempt func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.config.Write)
	defer cancel()
	return db.insist(ctx, attempt)
}

// insist runs one attempt, and again while that can help.
func (db *DB) insist(ctx context.Context, attempt func(ctx context.Context) error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := attempt(ctx)
		if err == nil || try == tries || Unknown(err) {
			return err
		}
		if d := db.disruption(err); d != contended && d != lost {
			return err
		}
		select {
		case <-time.After(wait):
			wait *= 4
		case <-ctx.Done():
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(ctx context.Context) error) error {
	begun, err := db.begin(ctx)
	if err != nil {
		return db.fail(err)
	}
	defer func() { _ = begun.Rollback() }() // does nothing after a commit
	t := &transaction{unit: begun}
	if err := fn(context.WithValue(ctx, current{db}, t)); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	return db.settled(begun.Commit())
}

// settled makes a fault of what the last step of a write said. When the connection broke, the step may have
// happened, even if the driver says that it had not been sent: PostgreSQL's takes that for granted when the
// connection ends before the first byte of the answer.
func (db *DB) settled(err error) error {
	if err != nil && db.disruption(err) == lost {
		err = fmt.Errorf("%w: %w", errUnknown, err)
	}
	return db.fail(err)
}
