package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func TestPostgresSaysWhyItDoesNotOpen(t *testing.T) {
	t.Parallel()
	server := sqltest.Shared(t)
	server.Administer(t, `DO $$ BEGIN CREATE ROLE guest LOGIN PASSWORD 'right' CONNECTION LIMIT 0;
		EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	good := server.Database(t)
	as := func(user string) string { return strings.Replace(good, "user=postgres", "user="+user, 1) }
	for name, test := range map[string]struct {
		address string
		want    fault.Kind
		words   string
	}{
		"no such database":  {server.Address("missing"), fault.Invalid, "no database of that name"},
		"wrong password":    {as("guest&password=wrong"), fault.Invalid, "refuses this user, password or host"},
		"refused user":      {as("stranger"), fault.Invalid, "refuses this user, password or host"},
		"no connection":     {as("guest&password=right"), fault.Unavailable, "no connection left"},
		"nothing there":     {"postgres:///x?user=x&host=" + t.TempDir(), fault.Unavailable, "cannot be reached"},
		"nobody listens":    {"postgres://x:y@127.0.0.1:1/x", fault.Unavailable, "cannot be reached"},
		"no such host":      {"postgres://x:y@no.such.host.invalid/x", fault.Unavailable, "host leads nowhere"},
		"unknown setting":   {good + "&speed=11", fault.Invalid, "does not know a parameter"},
		"no address":        {"postgres://host:port:port/", fault.Invalid, "cannot be read"},
		"broken parameters": {good + "&a=%zz", fault.Invalid, "cannot be read"},
		"another scheme":    {"mysql://x/y", fault.Invalid, "begins with postgres://"},
		"no pool":           {good + "&pool_max_conns=0", fault.Invalid, "above zero"},
	} {
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: test.address})
		if err == nil {
			t.Errorf("%s: it opens", name)
			_ = db.Close()
			continue
		}
		message := fault.Public(err).Message
		if !fault.Is(err, test.want) || !strings.Contains(message, test.words) {
			t.Errorf("%s: got %v, want %v with %q", name, err, test.want, test.words)
		}
		for _, secret := range []string{"right", "wrong", "/tmp", "x:y", "SQLSTATE"} {
			if strings.Contains(message, secret) {
				t.Errorf("%s: the message shows %q: %q", name, secret, message)
			}
		}
	}
}

// A host that is silent to a dial was not reached; one that takes it and then is silent was.
func TestPostgresSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes connections that nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	for name, test := range map[string]struct {
		dialer net.Dialer
		want   string
	}{
		"a dial without an answer": {
			net.Dialer{Timeout: time.Nanosecond},
			"the database cannot be reached: its host does not answer, or a firewall is in between",
		},
		"a server without an answer": {net.Dialer{}, "the database's host was reached but does not answer"},
	} {
		address, err := pgx.ParseConfig("postgres://x:y@" + silent.Addr().String() + "/x?sslmode=disable")
		if err != nil {
			t.Fatal(err)
		}
		address.DialFunc, address.ConnectTimeout = test.dialer.DialContext, 500*time.Millisecond
		_, err = pgx.ConnectConfig(t.Context(), address)
		err = sqldb.ExplainPostgres(err)
		if got := fault.Public(err); got.Message != test.want || got.Kind != fault.Unavailable {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestPostgresSaysThatARightIsMissing(t *testing.T) {
	t.Parallel()
	server := sqltest.Shared(t)
	server.Administer(t, `DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	address := strings.Replace(server.Empty(t), "user=postgres", "user=reader", 1)
	db := sqltest.Open(t, sqldb.Config{URL: address})
	err := db.Migrate(t.Context())
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "not the right to make tables") {
		t.Errorf("got %v, want what right is missing", err)
	}
}

func TestPostgresNodesMigrateTogether(t *testing.T) {
	t.Parallel()
	server := sqltest.Shared(t)
	for name, address := range map[string]string{"empty": server.Empty(t), "migrated": server.Database(t)} {
		errs := make(chan error)
		const nodes = 5
		for range nodes {
			go func() {
				db, err := sqldb.Open(context.Background(), sqldb.Config{URL: address})
				if err == nil {
					err = errors.Join(db.Migrate(context.Background()), db.Check(context.Background()), db.Close())
				}
				errs <- err
			}()
		}
		for range nodes {
			if err := <-errs; err != nil {
				t.Errorf("%s: a node: %v", name, err)
			}
		}
	}
}

func TestPostgresSessions(t *testing.T) {
	t.Parallel()
	address := sqltest.Shared(t).Database(t)
	for name, test := range map[string]struct {
		address string
		want    map[string]string
	}{
		"by default": {address, map[string]string{
			"application_name": "cameo", "statement_timeout": "5s", "lock_timeout": "2s",
			"idle_in_transaction_session_timeout": "5s",
		}},
		"as the address says": {address + "&application_name=x&lock_timeout=70", map[string]string{
			"application_name": "x", "statement_timeout": "5s", "lock_timeout": "70ms",
		}},
	} {
		db := sqltest.Open(t, sqldb.Config{URL: test.address})
		for setting, want := range test.want {
			var got string
			if err := db.QueryRow(t.Context(), `SHOW `+setting).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s: got %q, %v; want %q", name, setting, got, err, want)
			}
		}
	}
}

func TestPostgresPoolIsAsLargeAsTheAddressSays(t *testing.T) {
	t.Parallel()
	db := sqltest.Open(t, sqldb.Config{
		URL: sqltest.Shared(t).Database(t) + "&pool_max_conns=2", Write: 500 * time.Millisecond, Readers: 5,
	})
	for range 2 {
		rows, err := db.Query(t.Context(), `SELECT id FROM probes`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
	}
	begin := time.Now()
	_, err := db.Exec(t.Context(), addProbe, 1, 1)
	took := time.Since(begin)
	if !fault.Is(err, fault.Unavailable) || sqldb.Unknown(err) || took < 400*time.Millisecond || took > 3*time.Second {
		t.Errorf("without a connection: got %v after %v, want unavailable after half a second", err, took)
	}
}

// A server has its own words for what went wrong; each has one meaning here.
func TestPostgresErrors(t *testing.T) {
	t.Parallel()
	db := sqltest.Postgres(t)
	for code, want := range map[string]fault.Kind{
		"53100": fault.Full, "53200": fault.Unavailable, "53300": fault.Unavailable, "57P01": fault.Unavailable,
		"57014": fault.Unavailable, "58030": fault.Unavailable, "25006": fault.Unavailable, "42501": fault.Unavailable,
		"40001": fault.Unavailable, "40P01": fault.Unavailable, "XX000": fault.Unavailable, "XX001": fault.Corrupt,
		"22012": fault.Internal, "0A000": fault.Internal,
	} {
		raise := fmt.Sprintf(`DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '%s'; END $$`, code)
		runs := 0
		err := db.Do(t.Context(), func(ctx context.Context) error {
			runs++
			_, err := db.Exec(ctx, raise)
			return err
		})
		if !fault.Is(err, want) || sqldb.Unknown(err) || strings.Contains(fault.Public(err).Message, "secret") {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
		again := code == "53300" || code == "57P01" || code[:2] == "40"
		if (runs > 1) != again {
			t.Errorf("%s: ran %d times", code, runs)
		}
	}
}

func TestPostgresDeadlocksAreRunAgain(t *testing.T) {
	t.Parallel()
	db := sqltest.Postgres(t)
	add(t, t.Context(), db, 1)
	add(t, t.Context(), db, 2)
	const update = `UPDATE probes SET writes = writes + 1 WHERE id = $1`
	var both, wg sync.WaitGroup
	both.Add(2)
	runs := make([]int, 2)
	for i, order := range [][]int{{1, 2}, {2, 1}} {
		wg.Go(func() {
			err := db.Do(t.Context(), func(ctx context.Context) error {
				if _, err := db.Exec(ctx, update, order[0]); err != nil {
					return err
				}
				if runs[i]++; runs[i] == 1 {
					both.Done()
					both.Wait()
				}
				_, err := db.Exec(ctx, update, order[1])
				return err
			})
			if err != nil {
				t.Errorf("order %v: %v", order, err)
			}
		})
	}
	wg.Wait()
	var sum int
	if err := db.QueryRow(t.Context(), `SELECT CAST(SUM(writes) AS BIGINT) FROM probes`).Scan(&sum); err != nil {
		t.Fatal(err)
	}
	if sum != 6 || runs[0]+runs[1] < 3 {
		t.Errorf("got a sum of %d after %v runs, want 6 and one run twice", sum, runs)
	}
}

// A connection that breaks in the middle costs a second run, and the caller nothing.
func TestPostgresConnectionsBreak(t *testing.T) {
	t.Parallel()
	db := sqltest.Postgres(t)
	const others = `SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`
	end := func() {
		var n int
		if err := db.QueryRow(context.Background(), others).Scan(&n); err != nil {
			t.Errorf("end the others: %v", err)
		}
	}
	runs := 0
	err := db.Do(t.Context(), func(ctx context.Context) error {
		add(t, ctx, db, 1)
		if runs++; runs == 1 {
			end()
		}
		_, err := db.Exec(ctx, `UPDATE probes SET writes = 2`)
		return err
	})
	if err != nil || runs != 2 || probes(t, t.Context(), db) != 1 {
		t.Errorf("got %v after %d runs, want a second run that is good", err, runs)
	}
	for range 20 { // idle connections too
		end()
		if n := probes(t, t.Context(), db); n != 1 {
			t.Errorf("got %d rows", n)
		}
	}
}

func TestPostgresStatementsOutliveAMigration(t *testing.T) {
	t.Parallel()
	address := sqltest.Shared(t).Database(t)
	db, migrator := sqltest.Open(t, sqldb.Config{URL: address}), sqltest.Open(t, sqldb.Config{URL: address})
	add(t, t.Context(), db, 1)
	const query = `SELECT writes FROM probes WHERE id = 1`
	var n int
	read := func(ctx context.Context) error { return db.QueryRow(ctx, query).Scan(&n) }
	for _, kind := range []string{"INTEGER", "NUMERIC", "BIGINT"} {
		if err := read(t.Context()); err != nil {
			t.Errorf("before %s: %v", kind, err)
		}
		if _, err := migrator.Exec(t.Context(), `ALTER TABLE probes ALTER COLUMN writes TYPE `+kind); err != nil {
			t.Fatal(err)
		}
		if err := db.Do(t.Context(), read); err != nil {
			t.Errorf("after %s, in a transaction: %v", kind, err)
		}
	}
	if _, err := migrator.Exec(t.Context(), `ALTER TABLE probes ALTER COLUMN writes TYPE INTEGER`); err != nil {
		t.Fatal(err)
	}
	if err := read(t.Context()); err != nil {
		t.Errorf("after INTEGER, alone: %v", err)
	}
}

// A node that is frozen within a transaction keeps its rows from others for no longer than a transaction may take.
func TestPostgresFreesTheRowsOfAFrozenNode(t *testing.T) {
	t.Parallel()
	address := sqltest.Shared(t).Database(t)
	frozen := sqltest.Open(t, sqldb.Config{URL: address, Write: time.Second})
	other := sqltest.Open(t, sqldb.Config{URL: address})
	add(t, t.Context(), other, 1)
	const update = `UPDATE probes SET writes = writes + 1 WHERE id = 1`
	locked, thaw, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	var once sync.Once
	go func() {
		ended <- frozen.Do(context.Background(), func(ctx context.Context) error {
			_, err := frozen.Exec(ctx, update)
			once.Do(func() { close(locked) })
			<-thaw
			return err
		})
	}()
	<-locked
	begin := time.Now()
	if _, err := other.Exec(t.Context(), update); err != nil {
		t.Errorf("the other node: %v", err)
	}
	if waited := time.Since(begin); waited > 4*time.Second {
		t.Errorf("it waited for %v, want about a second", waited)
	}
	close(thaw)
	if err := <-ended; !fault.Is(err, fault.Unavailable) {
		t.Errorf("the frozen node: got %v, want unavailable", err)
	}
	var n int
	if err := other.QueryRow(t.Context(), `SELECT writes FROM probes`).Scan(&n); err != nil || n != 2 {
		t.Errorf("got %d, %v; want 2: the frozen node's write is undone", n, err)
	}
}

// The connection ends between the commit and its answer: it is not known here whether the write happened.
func TestPostgresAmbiguousCommit(t *testing.T) {
	t.Parallel()
	server := sqltest.Shared(t)
	proxy := server.Proxy(t)
	db := sqltest.Open(t, sqldb.Config{URL: proxy.Through(t, server.Database(t))})
	for i, test := range []struct {
		tag   string
		write func() error
	}{
		{"INSERT", func() error {
			_, err := db.Exec(t.Context(), addProbe, 1, 1)
			return err
		}},
		{"COMMIT", func() error {
			return db.Do(t.Context(), func(ctx context.Context) error { add(t, ctx, db, 2); return nil })
		}},
		{"UPDATE", func() error {
			var n int
			return db.WriteRow(t.Context(), `UPDATE probes SET writes = 9 WHERE id = 1 RETURNING writes`).Scan(&n)
		}},
	} {
		proxy.Lose(test.tag)
		if err := test.write(); !sqldb.Unknown(err) || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: got %v, want unavailable and unknown", test.tag, err)
		}
		if got := proxy.Faults(); got != i+1 {
			t.Errorf("%s: %d answers were lost, want %d", test.tag, got, i+1)
		}
	}
	var sum int
	if err := db.QueryRow(t.Context(), `SELECT CAST(SUM(writes) AS BIGINT) FROM probes`).Scan(&sum); err != nil || sum != 10 {
		t.Errorf("got a sum of %d, %v; want 10: each happened once", sum, err)
	}
}

func TestSkewIsMeasured(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for _, ahead := range []time.Duration{0, 10 * time.Minute, -time.Hour} {
			got, err := db.Skew(t.Context(), func() time.Time { return time.Now().Add(-ahead) })
			if err != nil || (got-ahead).Abs() > 2*time.Second {
				t.Errorf("got %v, %v; want the database %v ahead", got, err, ahead)
			}
		}
	})
}
