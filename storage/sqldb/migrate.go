package sqldb

import (
	"context"
	"embed"
	"errors"
	"io/fs"

	"github.com/pressly/goose/v3"

	"cameo/storage/fault"
)

// Migrations of both engines have equal numbers and make tables of equal names and columns.
//
//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

const migrationTries = 10

// Migrate brings the schema up to this program's. Many nodes may call it at once. A newer schema is left as
// it is, if it says that this program can still read it, else Conflict: migrations only add until no running
// program needs the old form.
func (db *DB) Migrate(ctx context.Context) error {
	provider, done, err := db.provider()
	if err != nil {
		return err
	}
	defer done()
	// SQLite has no lock around migrations: of nodes that begin at once, all but one fail to make what the first
	// has made. Theirs is rolled back, and the next look finds one step less to do. On PostgreSQL they queue.
	for try := 1; ; try++ {
		err := db.migrate(ctx, provider)
		again := db.Engine() == SQLite && try < migrationTries && ctx.Err() == nil
		if err == nil || !again || fault.Is(err, fault.Conflict) {
			return err
		}
	}
}

// provider reads the migrations of db's engine. The caller calls done after them.
func (db *DB) provider() (_ *goose.Provider, done func(), err error) {
	files, err := fs.Sub(migrations, db.folder)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "the migrations are missing")
	}
	pool, done := db.writer, func() {}
	if db.migrator != nil {
		if pool, err = db.migrator(); err != nil {
			return nil, nil, err
		}
		done = func() { pool.Close() }
	}
	options := append([]goose.ProviderOption{
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true),
	}, db.options...)
	provider, err := goose.NewProvider(db.dialect, pool, files, options...)
	if err != nil {
		done()
		return nil, nil, fault.Wrap(err, fault.Internal, "the migrations cannot be read")
	}
	return provider, done, nil
}

func (db *DB) migrate(ctx context.Context, provider *goose.Provider) error {
	has, err := provider.GetDBVersion(ctx)
	if err != nil {
		return db.refusal(err)
	}
	ours := newest(provider)
	if has > ours {
		return db.readable(ctx, has, ours)
	}
	if _, err := provider.Up(ctx); err != nil {
		return db.refusal(err)
	}
	return nil
}

// newest is the schema of this program.
func newest(provider *goose.Provider) int64 {
	sources := provider.ListSources()
	return sources[len(sources)-1].Version
}

// Current looks whether this program can work with the schema as it is, and changes nothing. Invalid: it has
// to be brought up first; Conflict: it is too new.
func (db *DB) Current(ctx context.Context) error {
	provider, done, err := db.provider()
	if err != nil {
		return err
	}
	defer done()
	has, err := db.schema(ctx)
	switch ours := newest(provider); {
	case err != nil:
		return err
	case has == 0:
		return fault.New(fault.Invalid, "the database has no tables yet: run cameo migrate, which makes them")
	case has < ours:
		return fault.New(fault.Invalid,
			"the database has schema %d, and this program needs %d: run cameo migrate", has, ours)
	case has > ours:
		return db.readable(ctx, has, ours)
	}
	return nil
}

// schema is the number of the last migration, 0 when there was none. The migrations' own library would make
// the table that it looks for.
func (db *DB) schema(ctx context.Context) (has int64, err error) {
	var tables int
	if err := db.QueryRow(ctx, db.versions).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	err = db.QueryRow(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&has)
	return has, err
}

// readable is nil if a schema that is newer than ours can be read by a program with ours.
func (db *DB) readable(ctx context.Context, has, ours int64) error {
	var least int64
	err := db.QueryRow(ctx, `SELECT min_reader FROM schema WHERE id = 1`).Scan(&least)
	if errors.Is(err, ErrNoRow) || err == nil && least > ours {
		return fault.New(fault.Conflict,
			"the database has schema %d, which this program with schema %d cannot read; run a newer one", has, ours)
	}
	return err
}
