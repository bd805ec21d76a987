package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"cameo/storage/fault"
)

// classifyPostgres looks at SQLSTATE codes: the first two characters are the class.
func classifyPostgres(err error) disruption {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyState(e)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return down // our own limit: there is no time to try again
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return lost
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return lost
	}
	for _, broken := range []error{
		driver.ErrBadConn, pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, broken) {
			return lost
		}
	}
	return none
}

// states are the SQLSTATE codes that mean another thing than their class.
var states = map[string]disruption{
	"40003": lost,      // statement completion unknown
	"25P03": lost,      // the server ended a transaction in which nothing happened
	"25006": down,      // read-only: a standby, or a primary that became one
	"42501": denied,    // insufficient privilege
	"53100": full,      // disk full
	"53300": contended, // no connection left
	"55P03": contended, // the lock did not come in time
	"57014": down,      // the statement's time is over
	"0A000": contended, // with the words below: a migration changed what the prepared statement reads
	"26000": contended, // the prepared statement is gone
	"XX001": damaged,
	"XX002": damaged,
}

var classes = map[string]disruption{
	"08": lost,      // the connection
	"28": denied,    // authorization
	"3D": denied,    // no such database
	"40": contended, // serialization failure, deadlock
	"53": down,      // resources
	"57": lost,      // the server stops or starts
	"58": down,      // its system
	"XX": down,      // its own errors
}

func classifyState(e *pgconn.PgError) disruption {
	if e.Code == "0A000" && !strings.Contains(e.Message, "cached plan") { // a feature that is really missing
		return none
	}
	if d, ok := states[e.Code]; ok {
		return d
	}
	return classes[e.Code[:min(2, len(e.Code))]]
}

// explainPostgres says in a sentence for the operator why the database did not open. Nothing of it is for
// clients.
func explainPostgres(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return explainState(e, err)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return fault.Wrap(err, fault.Unavailable, "the name of the database's host leads nowhere")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
			return fault.Wrap(err, fault.Unavailable,
				"the database cannot be reached: its host does not answer, or a firewall is in between")
		}
		return fault.Wrap(err, fault.Unavailable, "the database's host was reached but does not answer")
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fault.Wrap(err, fault.Unavailable,
			"the database cannot be reached: it does not run, or it listens elsewhere")
	}
	return nil
}

func explainState(e *pgconn.PgError, err error) error {
	switch {
	case e.Code == "3D000":
		return fault.Wrap(err, fault.Invalid, "the database server has no database of that name; create it first")
	case strings.HasPrefix(e.Code, "28"):
		return fault.Wrap(err, fault.Invalid, "the database server refuses this user, password or host")
	case e.Code == "42704":
		return fault.Wrap(err, fault.Invalid, "the database server does not know a parameter of the address")
	case e.Code == "42501":
		return fault.Wrap(err, fault.Invalid, "the database's user has not the right to make tables; "+
			"make it the owner of the database, or grant it CREATE on the schema")
	case e.Code == "25006":
		return fault.Wrap(err, fault.Unavailable, "the database is read-only; name the primary")
	case e.Code == "53300":
		return fault.Wrap(err, fault.Unavailable, "the database server has no connection left")
	case e.Code == "57P03":
		return fault.Wrap(err, fault.Unavailable, "the database server is starting or stopping")
	}
	return nil
}
