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
	sources := provider.ListSources()
	ours := sources[len(sources)-1].Version
	if has > ours {
		return db.readable(ctx, has, ours)
	}
	if _, err := provider.Up(ctx); err != nil {
		return db.refusal(err)
	}
	return nil
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
