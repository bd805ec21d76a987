package servertest_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// A node whose settings or stores are wrong says what it is, in one sentence that shows no secret, and ends;
// the doctor says the same.
func sayWhatIsWrong(t *testing.T, all *deployment) {
	t.Helper()
	program := all.nodes(1)[0].Program()
	stranger := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	const secret = "open-sesame"
	for _, c := range []struct {
		name string
		hurt func(t *testing.T, d *deployment) // what is wrong
		env  string                            // and in the environment
		code int
		part string // in the doctor's words
		says string
	}{
		{"nobody at the endpoint", func(_ *testing.T, d *deployment) {
			d.stores.Blobs = "s3://cameo?endpoint=http://127.0.0.1:1"
		}, "", 1, "stored bytes", "the S3 store cannot be reached at its endpoint"},
		{"an endpoint whose name leads nowhere", func(_ *testing.T, d *deployment) {
			d.stores.Blobs = "s3://cameo?endpoint=http://nowhere.invalid"
		}, "", 1, "stored bytes", "the endpoint given has a name that is not known"},
		{"another service at the endpoint", func(_ *testing.T, d *deployment) {
			d.stores.Blobs = "s3://cameo?endpoint=" + stranger.URL
		}, "", 2, "stored bytes", "the endpoint given does not answer as an S3 store does"},
		{"no bucket", func(_ *testing.T, d *deployment) {
			d.stores.Blobs = "s3://no-such-bucket?endpoint=" + d.minio.Endpoint
		}, "", 2, "stored bytes", "the S3 store has no bucket of the name given"},
		{
			"credentials", func(*testing.T, *deployment) {}, "AWS_SECRET_ACCESS_KEY=" + secret, 2, "stored bytes",
			"the S3 store refuses the credentials: they are unknown, wrong or expired",
		},
		{
			"a bucket to read only", func(*testing.T, *deployment) {}, all.user(true, "s3:GetObject"), 2, "stored bytes",
			"the S3 store does not let these credentials read, write, delete and list in the bucket",
		},
		{
			"a bucket that is not listed", func(*testing.T, *deployment) {},
			all.user(false, "s3:GetObject", "s3:PutObject", "s3:DeleteObject"), 2, "stored bytes",
			"the S3 store does not let these credentials read, write, delete and list in the bucket",
		},
		{
			"clocks", refusePuts(http.StatusForbidden, "RequestTimeTooSkewed"), "", 2, "stored bytes",
			"the clocks of this machine and of the S3 store differ by more than the store accepts",
		},
		{"nobody at the database", func(_ *testing.T, d *deployment) {
			d.stores.Database = "postgres://cameo:" + secret + "@127.0.0.1:1/cameo"
		}, "", 1, "database", "the database cannot be reached: it does not run, or it listens elsewhere"},
		{"a database whose host's name leads nowhere", func(_ *testing.T, d *deployment) {
			d.stores.Database = "postgres://cameo:" + secret + "@nowhere.invalid/cameo"
		}, "", 1, "database", "the name of the database's host leads nowhere"},
		{"no such database", func(_ *testing.T, d *deployment) {
			d.stores.Database = d.postgres.Address("nothing")
		}, "", 2, "database", "the database server has no database of that name; create it first"},
		{"another user", func(_ *testing.T, d *deployment) {
			d.stores.Database = strings.Replace(d.stores.Database, "user=postgres", "user=stranger&password="+secret, 1)
		}, "", 2, "database", "the database server refuses this user, password or host"},
		{"a newer schema", func(t *testing.T, d *deployment) {
			d.begin()
			d.rows("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true) RETURNING version_id")
			d.rows("UPDATE schema SET min_reader = 999 RETURNING min_reader")
		}, "", 1, "database", "the database has schema 999, which this program with schema N cannot read; run a newer one"},
		{"keys of its own", func(t *testing.T, d *deployment) {
			d.begin()
			d.stores.Keys = filepath.Join(t.TempDir(), "keys")
		}, "", 2, "database", "the keys belong to another deployment than the database: " +
			"name those that belong together by --keys and --database"},
		{"somebody else's bucket", func(t *testing.T, d *deployment) {
			d.begin()
			d.stores.Database, d.stores.Keys = d.postgres.Empty(t), filepath.Join(t.TempDir(), "keys")
		}, "", 2, "stored bytes", "the stored bytes belong to another deployment than the database: " +
			"name those that belong together by --blobs and --database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := all.deployment(t)
			c.hurt(t, d)
			flags := append(d.stores.Flags(), "--data", t.TempDir())
			code, _, said := run(t, program, c.env, append([]string{"serve", "--listen", "127.0.0.1:0", "--ops-listen", "off"}, flags...)...)
			said = ownSchema.ReplaceAllString(said, "program with schema N")
			if code != c.code || said != "cameo: "+c.says+"\n" {
				t.Errorf("serve: got exit code %d and %q, want %d and the sentence %q", code, said, c.code, c.says)
			}
			code, found, _ := run(t, program, c.env, append([]string{"doctor"}, flags...)...)
			found = ownSchema.ReplaceAllString(found, "program with schema N")
			if line := "MEND  " + c.part + ": " + c.says; code != 1 || !slices.Contains(strings.Split(found, "\n"), line) {
				t.Errorf("doctor: got exit code %d and %q, want 1 and MEND %s: %s", code, found, c.part, c.says)
			}
			if strings.Contains(said+found, secret) {
				t.Errorf("the secret is shown: %s%s", said, found)
			}
		})
	}
}

// The doctor makes nothing, and what it finds amiss hides nothing else: cameo migrate makes what is missing.
func lookAndMakeNothing(t *testing.T, d *deployment) {
	t.Helper()
	program := d.nodes(1)[0].Program()
	d = d.deployment(t) // an empty one
	doctor := func(s servertest.Stores) (int, string) {
		code, found, _ := run(t, program, "", append([]string{"doctor", "--data", t.TempDir()}, s.Flags()...)...)
		return code, found
	}
	both := d.stores
	both.Database, both.Blobs = "postgres://cameo@127.0.0.1:1/cameo", "s3://no-such-bucket?endpoint="+d.minio.Endpoint
	for _, c := range []struct {
		stores servertest.Stores
		says   []string
	}{
		{both, []string{
			"MEND  keys: there is no keys file (--keys or DATA/keys): run cameo migrate --all, which makes it, or copy that of another node",
			"MEND  database: the database cannot be reached: it does not run, or it listens elsewhere",
			"MEND  stored bytes: the S3 store has no bucket of the name given",
		}},
		{d.stores, []string{
			"MEND  database: the database has no tables yet: run cameo migrate, which makes them",
			"good  stored bytes",
		}},
	} {
		code, found := doctor(c.stores)
		for _, line := range c.says {
			if code != 1 || !slices.Contains(strings.Split(found, "\n"), line) {
				t.Errorf("got exit code %d and %q, want 1 and %s", code, found, line)
			}
		}
	}
	tables := d.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
	if objects := d.objects(); len(tables)+len(objects) > 0 {
		t.Errorf("it made the tables %q and the objects %q", tables, objects)
	}
	if _, err := os.Stat(d.stores.Keys); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it made keys: %v", err)
	}
	if code, _, said := run(t, program, "", append([]string{"migrate", "--all"}, d.stores.Flags()...)...); code != 0 {
		t.Errorf("migrate: got exit code %d and %q", code, said)
	}
	if code, found := doctor(d.stores); code != 0 || strings.Contains(found, "MEND") {
		t.Errorf("after it: got exit code %d and %q, want 0", code, found)
	}
}

// ownSchema is what the program says of itself; the number grows with each migration.
var ownSchema = regexp.MustCompile(`program with schema \d+`)

// refusePuts makes a bucket that can only be read.
func refusePuts(status int, code string) func(*testing.T, *deployment) {
	return func(t *testing.T, d *deployment) {
		proxy := s3test.NewProxy(t, d.minio)
		proxy.Plan(func(op string, _ int) s3test.Fault {
			if op == "PutObject" {
				return s3test.Fault{Status: status, Code: code}
			}
			return s3test.Fault{}
		})
		*d = *d.deploymentAt(t, proxy.Endpoint)
	}
}

// user are the variables of somebody who may do less than the nodes in the bucket.
func (d *deployment) user(list bool, actions ...string) string {
	d.t.Helper()
	c := d.minio.User(d.t, s3test.Allow(list, actions...))
	return "AWS_ACCESS_KEY_ID=" + c.AccessKeyID + " AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey +
		" AWS_SESSION_TOKEN=" + c.SessionToken
}

// begin lets a first node make all that is missing.
func (d *deployment) begin() {
	d.t.Helper()
	d.nodes(1)[0].Kill()
}

// run runs the program to its end, with more variables.
func run(t *testing.T, program, env string, args ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(append(cmd.Environ(), servertest.Credentials()...), strings.Fields(env)...)
	dead := time.AfterFunc(within(30*time.Second), func() { _ = cmd.Process.Kill() })
	defer dead.Stop()
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// A node that starts before its stores answer waits for them.
func TestNodesWaitForTheirStores(t *testing.T) {
	t.Parallel()
	for name, freeze := range map[string]func(*deployment) func(testing.TB){
		"database": func(d *deployment) func(testing.TB) { d.postgres.Freeze(d.t); return d.postgres.Thaw },
		"bucket":   func(d *deployment) func(testing.TB) { d.minio.Freeze(d.t); return d.minio.Thaw },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startServers(t).deployment(t)
			thaw := freeze(d)
			defer thaw(t)
			late := time.AfterFunc(4*time.Second, func() { thaw(t) })
			defer late.Stop()
			d.nodes(1)[0].Kill()
		})
	}
}

// Every command that touches the state takes the same flags, and leaves the data directory alone when nothing
// lies there.
func takeTheStores(t *testing.T, d *deployment) {
	t.Helper()
	node, unused := d.nodes(1)[0], filepath.Join(t.TempDir(), "unused")
	flags := append(d.stores.Flags(), "--data", unused)
	for _, c := range []struct {
		line string
		says string
	}{
		{"migrate", ""},
		{"community add 7 Northern", ""},
		{"token --community 7 --user 6f9619ff-8b86-d011-b42d-00c04fc964ff", "eyJ"},
		{"sweep", "0"},
		{"doctor", "good  stored bytes"},
	} {
		if out := node.Run(append(strings.Fields(c.line), flags...)...); !strings.Contains(out, c.says) {
			t.Errorf("cameo %s: got %q, want %q", c.line, out, c.says)
		}
	}
	if got := d.rows("SELECT name FROM communities WHERE key = 7"); len(got) != 1 || got[0] != "Northern" {
		t.Errorf("got the communities %q, want the one", got)
	}
	if _, err := os.Stat(unused); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data directory was made: %v", err)
	}
}
