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

// engine is all that differs between SQLite and PostgreSQL.
type engine struct {
	dialect  goose.Dialect
	options  []goose.ProviderOption
	folder   string                 // of its migrations
	classify func(error) disruption // of the driver's errors
	local    bool                   // it runs in this process: no statement waits for a network
}

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
		return db.fail(err)
	}
	return db.fail(db.reader.PingContext(ctx))
}

// Check writes a probe row and reads it back. Unlike other writes it ends with ctx.
func (db *DB) Check(ctx context.Context) error {
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
