package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cameo/server/servertest"
)

// The servers and lines of the scripts that run.
var running, lines sync.Map

// limit is how long a script waits for something that must come.
const limit = 30 * time.Second

// exits CODE COMMAND ARGS... runs a command that must end with that code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		code = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if want := args[0]; strconv.Itoa(code) != want {
		ts.Fatalf("got exit code %d, want %s", code, want)
	}
}

// picture FILE BYTES writes a PNG of that size.
func picture(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), servertest.Picture(args[0], n), 0o600))
}

// bearer FLAGS... sets $CAMEO_TOKEN to what cameo token prints.
func bearer(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("cameo", append([]string{"token"}, args...)...))
	ts.Setenv("CAMEO_TOKEN", strings.TrimSpace(ts.ReadFile("stdout")))
}

// await PATTERN FILE waits until the file has a line like that.
func await(ts *testscript.TestScript, _ bool, args []string) {
	wanted := regexp.MustCompile(args[0])
	for until := time.Now().Add(limit); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		names, err := os.ReadDir(ts.MkAbs(args[1]))
		if err != nil {
			if text, err := os.ReadFile(ts.MkAbs(args[1])); err == nil && wanted.Match(text) {
				return
			}
			continue
		}
		for _, d := range names {
			if wanted.MatchString(d.Name()) {
				return
			}
		}
	}
	ts.Fatalf("no %s in %s after %s", args[0], args[1], limit)
}

// served is a server that a script has started.
type served struct {
	*exec.Cmd
	read chan struct{} // closed when its stderr has ended
}

// serving FLAGS... starts a server on a free port and sets $URL and $CAMEO_SERVER. What it says goes to serve.log.
func serving(ts *testscript.TestScript, _ bool, args []string) {
	program, err := exec.LookPath("cameo")
	ts.Check(err)
	flags := []string{"serve", "--listen", "127.0.0.1:0", "--ops-listen", "off"}
	s := &served{exec.Command(program, append(flags, args...)...), make(chan struct{})}
	s.Env = []string{"PATH=" + ts.Getenv("PATH"), "CAMEO_DATA=" + ts.Getenv("CAMEO_DATA")}
	s.Dir = ts.MkAbs(".")
	stderr, err := s.StderrPipe()
	ts.Check(err)
	log, err := os.Create(ts.MkAbs("serve.log"))
	ts.Check(err)
	ts.Check(s.Start())
	running.Store(ts, s)
	ts.Defer(func() { s.end(syscall.SIGKILL) })

	said := bufio.NewReader(stderr)
	first, err := said.ReadString('\n')
	go func() {
		defer close(s.read)
		defer log.Close()
		_, _ = io.Copy(log, said)
	}()
	ts.Check(err)
	url, ok := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	if !ok {
		ts.Fatalf("the first line: got %q", first)
	}
	ts.Setenv("URL", url)
	ts.Setenv("CAMEO_SERVER", url)
}

// end sends the signal and returns the exit code; -1 when a signal ended it.
func (s *served) end(signal syscall.Signal) int {
	if s.ProcessState == nil {
		_ = s.Process.Signal(signal)
		<-s.read
		_ = s.Wait()
	}
	return s.ProcessState.ExitCode()
}

// stopping ends the server with SIGTERM, which must be its success.
func stopping(ts *testscript.TestScript, _ bool, _ []string) {
	s, _ := running.Load(ts)
	if code := s.(*served).end(syscall.SIGTERM); code != 0 {
		ts.Fatalf("the server ended with exit code %d, want 0", code)
	}
}

// cutting BYTES [silently] makes the line at $CAMEO_SERVER, new or not, carry that many more bytes to the server.
func cutting(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	known, ok := lines.Load(ts)
	if !ok {
		l, err := servertest.NewLine(ts.Getenv("URL"))
		ts.Check(err)
		ts.Defer(func() { l.Close() })
		ts.Setenv("CAMEO_SERVER", l.URL())
		lines.Store(ts, l)
		known = l
	}
	if len(args) > 1 {
		known.(*servertest.Line).AllowSilently(n)
		return
	}
	known.(*servertest.Line).Allow(n)
}
