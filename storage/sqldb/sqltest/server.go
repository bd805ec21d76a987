package sqltest

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cameo/storage/sqldb"
)

//go:embed server.sh
var script string

// Server is a running PostgreSQL server.
type Server struct {
	bin   string // folder of its programs
	dir   string // of its files and its socket
	stay  io.Closer
	child *exec.Cmd
	names atomic.Int64
}

// errMissing says that there is no PostgreSQL on this machine.
var errMissing = errors.New("package postgresql of Debian is not installed")

// shared is the server of this process. What it writes need not survive the machine.
//
//nolint:gochecknoglobals // one server a process: starting one takes longer than most tests
var shared = sync.OnceValues(func() (*Server, error) {
	return start("", "fsync = off", "full_page_writes = off", "synchronous_commit = off", "autovacuum = off")
})

// Shared returns the server that the tests of this process share. It ends with the process.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	s, err := shared()
	Require(tb, "postgres", !errors.Is(err, errMissing), errMissing.Error())
	if err != nil {
		tb.Fatalf("PostgreSQL does not start: %v", err)
	}
	return s
}

// Start starts a server for one test, which may do it harm. It syncs as a server of production does, unless
// settings, lines of postgresql.conf, say otherwise.
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	return startFor(tb, "", settings...)
}

// faketime is Debian's library that shows a program another time than the machine's.
const faketime = "/usr/lib/*/faketime/libfaketime.so.1"

// StartAhead is Start for a server whose clock is ahead of the machine's; skipped where Debian's libfaketime
// is not installed, see Require.
func StartAhead(tb testing.TB, ahead time.Duration) *Server {
	tb.Helper()
	found, err := filepath.Glob(faketime)
	Require(tb, "faketime", err == nil && len(found) > 0, "Debian's libfaketime is not installed")
	return startFor(tb, fmt.Sprintf(
		"LD_PRELOAD=%s FAKETIME=%+.0fs DONT_FAKE_MONOTONIC=1", found[0], ahead.Seconds()))
}

func startFor(tb testing.TB, clock string, settings ...string) *Server {
	tb.Helper()
	s, err := start(clock, settings...)
	Require(tb, "postgres", !errors.Is(err, errMissing), errMissing.Error())
	if err != nil {
		tb.Fatalf("PostgreSQL does not start: %v", err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(s.stay.Close(), s.child.Wait()); err != nil {
			tb.Errorf("PostgreSQL does not stop: %v", err)
		}
	})
	return s
}

// start starts a server. The clock is variables of its environment for another one than the machine's.
func start(clock string, settings ...string) (*Server, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return nil, errMissing
	}
	s := &Server{bin: found[len(found)-1]}
	s.child = asPostgres(append([]string{"sh", "-c", script, "server.sh", s.bin, clock}, settings...)...)
	said := new(bytes.Buffer)
	s.child.Stderr = said
	if s.stay, err = s.child.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.child.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.child.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%w: %s", s.child.Wait(), said)
	}
	s.dir = strings.TrimSpace(line)
	return s, s.makeTemplate()
}

// asPostgres is a command of the user postgres, since the server refuses to run as root; others run their
// own.
func asPostgres(command ...string) *exec.Cmd {
	if os.Geteuid() == 0 {
		command = append([]string{"runuser", "-u", "postgres", "--"}, command...)
	}
	c := exec.Command(command[0], command[1:]...)
	c.Dir = "/" // the test's own folder may not be the user's to enter
	return c
}

const template = "cameo_template"

// makeTemplate makes the migrated database from which those of the tests are copied.
func (s *Server) makeTemplate() error {
	if err := s.administer(`CREATE DATABASE ` + template); err != nil {
		return err
	}
	db, err := sqldb.Open(context.Background(), sqldb.Config{URL: s.Address(template)})
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(context.Background()), db.Close())
}

// Address is the URL of one of the server's databases, for its superuser.
func (s *Server) Address(database string) string {
	return "postgres:///" + database + "?user=postgres&host=" + s.dir
}

// Socket is the path of the server's socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, ".s.PGSQL.5432") }

// Database makes a fresh and migrated database, dropped when the test ends, and returns its URL.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	return s.database(tb, template)
}

// Empty is Database without tables.
func (s *Server) Empty(tb testing.TB) string {
	tb.Helper()
	return s.database(tb, "template0")
}

func (s *Server) database(tb testing.TB, from string) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d", s.names.Add(1))
	if err := s.administer(`CREATE DATABASE ` + name + ` TEMPLATE ` + from); err != nil {
		tb.Fatalf("no database: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.administer(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			tb.Errorf("the database is not dropped: %v", err)
		}
	})
	return s.Address(name)
}

// Administer runs a statement in the server's own database, outside of a transaction.
func (s *Server) Administer(tb testing.TB, statement string) {
	tb.Helper()
	s.AdministerIn(tb, s.Address("postgres"), statement)
}

// AdministerIn runs a statement in the database of that address, outside of a transaction.
func (s *Server) AdministerIn(tb testing.TB, address, statement string) {
	tb.Helper()
	if err := administer(address, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

func (s *Server) administer(statement string) error {
	return administer(s.Address("postgres"), statement)
}

func administer(address, statement string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}
