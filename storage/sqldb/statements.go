package sqldb

import (
	"context"
	"database/sql/driver"
)

// mostPrepared bounds the statements that one connection keeps. The product has fewer; migrations may have
// more.
const mostPrepared = 256

// preparing is a connector whose connections keep their prepared statements: parsing and planning one takes
// SQLite longer than running it. A statement whose tables were changed by a migration is planned anew by
// SQLite itself.
//
// The driver is not told when a statement's time is over: it would start a goroutine to watch for that, which
// takes longer than most statements. Package sql looks at the time itself between two rows, and a transaction
// before it is committed.
type preparing struct{ driver.Connector }

// Connect opens a connection.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, prepared: map[string]*statement{}}, nil
}

// connection is a driver's connection that hands out statements again after they were closed. It hides the
// driver's shortcuts for statements that are not prepared, so that database/sql prepares each. One goroutine
// uses it at a time.
type connection struct {
	driver.Conn
	prepared map[string]*statement
}

// PrepareContext returns the kept statement of this text, unless it is in use; then a fresh one.
func (c *connection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	kept := c.prepared[query]
	if kept != nil && !kept.busy {
		kept.busy = true
		return kept, nil
	}
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil || kept != nil || len(c.prepared) == mostPrepared {
		return s, err
	}
	kept = &statement{Stmt: s, busy: true}
	c.prepared[query] = kept
	return kept, nil
}

// BeginTx begins a transaction in the driver's way.
func (c *connection) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(context.WithoutCancel(ctx), o)
}

// Ping is the driver's.
func (c *connection) Ping(ctx context.Context) error { return c.Conn.(driver.Pinger).Ping(ctx) }

// ResetSession is the driver's.
func (c *connection) ResetSession(ctx context.Context) error {
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

// IsValid is the driver's.
func (c *connection) IsValid() bool { return c.Conn.(driver.Validator).IsValid() }

// Close closes the kept statements and the connection.
func (c *connection) Close() error {
	for _, s := range c.prepared {
		_ = s.Stmt.Close() // it reports the last failure of the statement, which was told then
	}
	return c.Conn.Close()
}

// statement is a prepared statement that stays prepared when it is closed.
type statement struct {
	driver.Stmt
	busy bool
}

// Close gives the statement back.
func (s *statement) Close() error {
	s.busy = false
	return nil
}

// ExecContext is the driver's.
func (s *statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.Stmt.(driver.StmtExecContext).ExecContext(context.WithoutCancel(ctx), args)
}

// QueryContext is the driver's.
func (s *statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.Stmt.(driver.StmtQueryContext).QueryContext(context.WithoutCancel(ctx), args)
}
