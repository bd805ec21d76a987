package sqldb

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"

	"cameo/storage/fault"
)

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	engine
	config Config
	writer *sql.DB // one connection on SQLite
	reader *sql.DB // the same pool as writer on PostgreSQL
}

// Engine is which of the two a database is.
type Engine string

// The two engines.
const (
	SQLite     Engine = "SQLite"
	PostgreSQL Engine = "PostgreSQL"
)

// engine is all that differs between SQLite and PostgreSQL.
type engine struct {
	name       Engine
	dialect    goose.Dialect
	options    []goose.ProviderOption
	folder     string                  // of its migrations
	classify   func(error) disruption  // of the driver's errors
	explain    func(error) error       // why it does not open, in words for the operator; nil: as fail says
	versions   string                  // query that counts the tables of migrations: 1 or 0
	clock      string                  // query of its clock, in microseconds since 1970
	autocommit bool                    // one statement alone is a transaction without BEGIN and COMMIT
	migrator   func() (*sql.DB, error) // a pool for a migration, closed after it; nil: the writer serves
	local      bool                    // it runs in this process: no statement waits for a network
}

// Engine says which one the database is.
func (db *DB) Engine() Engine { return db.name }

// Open opens the database and proves that it answers. The schema is for Migrate to make.
func Open(ctx context.Context, c Config) (*DB, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	db, err := open(c.withDefaults())
	if err != nil {
		return nil, err
	}
	if err := db.ping(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func open(c Config) (*DB, error) {
	if c.URL != "" {
		return openPostgres(c)
	}
	return openSQLite(c)
}

func (db *DB) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, db.config.Read)
	defer cancel()
	if err := db.writer.PingContext(ctx); err != nil {
		return db.refusal(err)
	}
	return db.refusal(db.reader.PingContext(ctx))
}

// refusal is fail with words for the operator who opens or migrates the database.
func (db *DB) refusal(err error) error {
	if err != nil && db.explain != nil {
		if explained := db.explain(err); explained != nil {
			return explained
		}
	}
	return db.fail(err)
}

// Check writes a probe row and reads it back. Unlike other writes it ends with ctx, or when a query's time is
// over.
func (db *DB) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, db.config.Read)
	defer cancel()
	var wrote, read int64
	err := db.once(ctx, func(ctx context.Context) error {
		return db.WriteRow(ctx, `INSERT INTO probes (id, writes) VALUES (1, 1)
			ON CONFLICT (id) DO UPDATE SET writes = probes.writes + 1 RETURNING writes`).Scan(&wrote)
	})
	if err != nil {
		return err
	}
	if err := db.QueryRow(ctx, `SELECT writes FROM probes WHERE id = 1`).Scan(&read); err != nil {
		return err
	}
	if read < wrote {
		return fault.New(fault.Corrupt, "the database forgot what it had committed")
	}
	return nil
}

// Close ends all connections. Running statements end first.
func (db *DB) Close() error {
	if db.reader == db.writer {
		return db.fail(db.writer.Close())
	}
	// SQLite's writer last: the last connection folds the log into the file, and readers may not write.
	return db.fail(errors.Join(db.reader.Close(), db.writer.Close()))
}
