package sqldb

import (
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cameo/storage/fault"
)

// openSQLite opens one connection that writes and some that only read: SQLite has one writer at a time
// anyhow, and writers that queue here wait fairly and shortly, while those that meet in the file wait by
// polling.
func openSQLite(c Config) (*DB, error) {
	if err := makePrivate(c); err != nil {
		return nil, err
	}
	writer, err := sqlite.NewConnector(sqliteName(c, url.Values{"_txlock": {"immediate"}}))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the name of the database file cannot be used")
	}
	reader, err := sqlite.NewConnector(sqliteName(c, url.Values{"_query_only": {"on"}}))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the name of the database file cannot be used")
	}
	db := &DB{
		engine: engine{
			name: SQLite, dialect: goose.DialectSQLite3, folder: "migrations/sqlite", classify: classifySQLite,
			local:    true,
			versions: `SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'`,
			clock:    `SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000`,
		},
		config: c,
		writer: sql.OpenDB(preparing{writer}),
		reader: sql.OpenDB(preparing{reader}),
	}
	keepOpen(db.writer, 1)
	keepOpen(db.reader, c.Readers)
	return db, nil
}

// makePrivate makes a missing file readable by its owner only; SQLite gives the same mode to the files beside
// it.
func makePrivate(c Config) error {
	how := os.O_RDWR | os.O_CREATE
	if c.Exists {
		how = os.O_RDWR
	}
	f, err := os.OpenFile(c.Path, how, 0o600)
	switch {
	case c.Exists && errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "there is no database yet: run cameo migrate, which makes it")
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.Unavailable, "the database file may not be written")
	case err != nil:
		return fault.Wrap(err, fault.Unavailable, "the database file cannot be opened")
	}
	return f.Close()
}

func sqliteName(c Config, also url.Values) string {
	synchronous := "FULL"
	if c.NoSync {
		synchronous = "OFF"
	}
	q := url.Values{
		"_busy_timeout": {"2000"}, // ms, for other processes; Do tries again after it
		"_foreign_keys": {"on"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {synchronous},
		"_dqs":          {"0"},
		"_pragma":       {"journal_size_limit(67108864)"}, // a burst's log file shrinks again
	}
	for k, v := range also {
		q[k] = v
	}
	return "file:" + (&url.URL{Path: c.Path}).EscapedPath() + "?" + q.Encode()
}

func keepOpen(db *sql.DB, n int) {
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
}

// classifySQLite looks at result codes: the low byte is the family.
func classifySQLite(err error) disruption {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return none
	}
	switch code := e.Code(); {
	case code&0xff == sqlite3.SQLITE_BUSY: // 5, and 517 when another wrote since this transaction began to read
		return contended
	case code&0xff == sqlite3.SQLITE_FULL, code == sqlite3.SQLITE_IOERR_SHMSIZE:
		return full
	case code&0xff == sqlite3.SQLITE_CORRUPT, code&0xff == sqlite3.SQLITE_NOTADB:
		return damaged
	}
	switch e.Code() & 0xff {
	// After a failed sync nothing is tried again: the kernel reports such an error once and may then forget the
	// pages.
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_LOCKED,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return down
	}
	return none
}
