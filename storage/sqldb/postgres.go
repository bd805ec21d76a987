package sqldb

import (
	"database/sql"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cameo/storage/fault"
)

const (
	// poolSize is the address's parameter for the number of connections; its name is the one that the driver's
	// own pool knows.
	poolSize = "pool_max_conns"
	// oldest is how long a connection is used: after it a changed address of the host is noticed.
	oldest = 30 * time.Minute
	// For migrations another node may hold the lock as long as its own take.
	lockEvery, lockLooks = 1, 300 // seconds, and how many times
)

// openPostgres opens one pool for reading and writing. A migration gets a connection of its own, without the
// time limits of requests.
func openPostgres(c Config) (*DB, error) {
	pool, size, err := poolPostgres(c, session(c))
	if err != nil {
		return nil, err
	}
	keepOpen(pool, size)
	pool.SetConnMaxLifetime(oldest)
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockEvery, lockLooks))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no lock for migrations")
	}
	return &DB{
		engine: engine{
			name: PostgreSQL, dialect: goose.DialectPostgres, folder: "migrations/postgres",
			options:  []goose.ProviderOption{goose.WithSessionLocker(locker)},
			classify: classifyPostgres,
			explain:  explainPostgres,
			versions: `SELECT COUNT(*) FROM pg_tables
				WHERE schemaname = current_schema() AND tablename = 'goose_db_version'`,
			clock:      `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`,
			autocommit: true,
			migrator: func() (*sql.DB, error) {
				migrator, _, err := poolPostgres(c, patient())
				return migrator, err
			},
		},
		config: c, writer: pool, reader: pool,
	}, nil
}

// session are the settings of a connection that serves requests, for those that the address leaves open. The
// server ends by itself what this program has given up or, frozen, cannot give up, so that a row that it had
// locked is free again.
func session(c Config) url.Values {
	return url.Values{
		"application_name":                    {"cameo"},
		"connect_timeout":                     {"3"}, // seconds
		"statement_timeout":                   {milliseconds(max(c.Read, c.Write))},
		"lock_timeout":                        {milliseconds(min(lockWait, c.Write))}, // Do tries again after it
		"idle_in_transaction_session_timeout": {milliseconds(c.Write)},
	}
}

// lockWait is how long a statement waits for a row; as long as SQLite's waits for the file.
const lockWait = 2 * time.Second

// patient are the settings of a connection that migrates.
func patient() url.Values {
	return url.Values{
		"application_name": {"cameo migrate"}, "connect_timeout": {"3"},
		"statement_timeout": {"0"}, "lock_timeout": {"0"}, "idle_in_transaction_session_timeout": {"0"},
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }

// poolPostgres is a pool for c's address and how many connections it should have. Nothing is connected yet.
//
// Statements stay prepared on their connection. When a migration has changed a table beneath one, the server
// refuses it once and the driver prepares it anew, see classifyPostgres.
func poolPostgres(c Config, defaults url.Values) (*sql.DB, int, error) {
	base, query, _ := strings.Cut(c.URL, "?")
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, 0, fault.Wrap(err, fault.Invalid, "the address of the database cannot be read")
	}
	for k, v := range defaults {
		if !given.Has(k) {
			given[k] = v
		}
	}
	size := c.Readers
	if n := given.Get(poolSize); n != "" {
		if size, err = strconv.Atoi(n); err != nil || size < 1 {
			return nil, 0, fault.New(fault.Invalid, "%s: want a number of connections above zero", poolSize)
		}
	}
	given.Del(poolSize)
	address, err := pgx.ParseConfig(base + "?" + strings.ReplaceAll(given.Encode(), "+", "%20"))
	if err != nil {
		return nil, 0, fault.Wrap(err, fault.Invalid, "the address of the database cannot be read")
	}
	return stdlib.OpenDB(*address), size, nil
}
