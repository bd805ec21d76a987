package sqldb

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cameo/storage/fault"
)

// openPostgres opens one pool for reading and writing.
func openPostgres(c Config) (*DB, error) {
	address, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the address of the database cannot be read")
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no lock for migrations")
	}
	pool := stdlib.OpenDB(*address)
	keepOpen(pool, c.Readers)
	return &DB{
		engine: engine{
			dialect: goose.DialectPostgres, options: []goose.ProviderOption{goose.WithSessionLocker(locker)},
			folder: "migrations/postgres", classify: classifyPostgres,
		},
		config: c, writer: pool, reader: pool,
	}, nil
}

// classifyPostgres looks at SQLSTATE codes: the first two characters are the class.
func classifyPostgres(err error) disruption {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch class := e.Code[:min(2, len(e.Code))]; {
		case e.Code == "40001", e.Code == "40P01", e.Code == "55P03": // serialization, deadlock, lock not available
			return contended
		case e.Code == "53100":
			return full
		case class == "08", strings.HasPrefix(e.Code, "57P"): // the connection; the server stops or starts
			return lost
		case class == "53", class == "57", class == "58":
			return down
		case class == "XX":
			return damaged
		}
		return none
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return lost
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return lost
	}
	for _, broken := range []error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, broken) {
			return lost
		}
	}
	return none
}
