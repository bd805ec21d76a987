package servertest_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R04: the kernel is told in the right order: bytes, the file's fdatasync, its directory's fsync, the row with
// the database's own sync, and only then the client. (That what is synced in this order survives a power cut
// is for storage's tests over a file system that forgets.)
func TestR04OrderOfSystemCalls(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("strace")
	servertest.Require(t, "strace", err == nil, "strace is not installed")
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	const half = 100_000
	jane, content := call(t, child), servertest.Picture("me.png", 2*half)
	key := jane.create(len(content))
	trace := follow(t, child.PID())
	jane.want("the first half", jane.patch(key, content, 0, half), http.StatusAccepted)
	jane.want("the second half", jane.patch(key, content, half, 2*half), http.StatusOK)
	calls := trace.end()

	run := regexp.QuoteMeta(filepath.Join(child.Data, "blobs", key[:2], key)) + `\.0-0-\w+`
	folder := regexp.QuoteMeta(filepath.Join(child.Data, "blobs", key[:2]))
	log := regexp.QuoteMeta(filepath.Join(child.Data, "cameo.db-wal"))
	wantOrder(t, calls, []step{
		{"the first bytes", `pwrite64\(\d+<` + run + `>`},
		{"the file's sync", `fdatasync\(\d+<` + run + `>`},
		{"the sync of its directory", `fsync\(\d+<` + folder + `>`},
		{"the sync of the directory's own entry", `fsync\(\d+<` + filepath.Dir(folder) + `>`},
		{"the row", `pwrite64\(\d+<` + log + `>`},
		{"the database's sync", `f(data)?sync\(\d+<` + log + `>`},
		{"the answer", `write\(\d+<.*"HTTP/1\.1 202`},
		{"the bytes of the second half", `pwrite64\(\d+<` + run + `>`},
		{"the file's second sync", `fdatasync\(\d+<` + run + `>`},
		{"the row of the second half", `pwrite64\(\d+<` + log + `>`},
		{"the database's second sync", `f(data)?sync\(\d+<` + log + `>`},
		{"the second answer", `write\(\d+<.*"HTTP/1\.1 200`},
	})
	jane.finish(key, content)
	child.Kill()
	wantTidy(t, child.Data)
}

// step is a system call that is to be found.
type step struct{ what, call string }

// wantOrder finds the steps one after the other. No answer may stand between them but those that are steps.
func wantOrder(t *testing.T, calls []string, order []step) {
	t.Helper()
	at := 0
	for _, s := range order {
		wanted := regexp.MustCompile(s.call)
		for ; at < len(calls) && !wanted.MatchString(calls[at]); at++ {
			if strings.Contains(calls[at], `"HTTP/1.1 `) {
				t.Fatalf("the client was answered before %s:\n%s", s.what, strings.Join(calls, "\n"))
			}
		}
		if at == len(calls) {
			t.Fatalf("%s is missing, or comes too early:\n%s", s.what, strings.Join(calls, "\n"))
		}
		at++
	}
}

// tracer is an strace of a process that runs.
type tracer struct {
	t    *testing.T
	cmd  *exec.Cmd
	file string
}

// follow begins to write down what a process asks of the kernel about files and sockets.
func follow(t *testing.T, pid int) *tracer {
	t.Helper()
	tr := &tracer{t: t, file: filepath.Join(t.TempDir(), "trace")}
	tr.cmd = exec.Command("strace", "-f", "-y", "-s", "16", "-o", tr.file,
		"-e", "trace=pwrite64,write,writev,fsync,fdatasync", "-p", strconv.Itoa(pid))
	var said bytes.Buffer
	stderr, err := tr.cmd.StderrPipe()
	if err == nil {
		err = tr.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.stop() })
	for b := make([]byte, 4096); !strings.Contains(said.String(), "attached"); {
		n, err := stderr.Read(b)
		said.Write(b[:n])
		if err != nil {
			servertest.Require(t, "strace", false, "strace may not follow a process: "+said.String())
		}
	}
	return tr
}

func (tr *tracer) stop() {
	if tr.cmd.ProcessState == nil {
		_ = tr.cmd.Process.Signal(syscall.SIGINT)
		_ = tr.cmd.Wait() // it ends by the signal
	}
}

// end stops the trace and returns its calls in the order in which they returned: of a call that another thread
// interrupted, the line of its return counts, in the words of its begin. A write to the client counts from its
// begin.
func (tr *tracer) end() []string {
	tr.t.Helper()
	time.Sleep(within(100 * time.Millisecond)) // strace writes when it comes to it
	tr.stop()
	text, err := os.ReadFile(tr.file)
	if err != nil {
		tr.t.Fatal(err)
	}
	begun, calls := map[string]string{}, []string{}
	for line := range strings.Lines(string(text)) {
		thread, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		call = strings.TrimSpace(call)
		first, unfinished := strings.CutSuffix(call, "<unfinished ...>")
		switch {
		case unfinished && !strings.Contains(call, `"HTTP/1.1 `):
			begun[thread] = first
		case strings.HasPrefix(call, "<... "):
			if first, ok := begun[thread]; ok {
				_, rest, _ := strings.Cut(call, "resumed>")
				calls = append(calls, first+rest)
				delete(begun, thread)
			}
		default:
			calls = append(calls, call)
		}
	}
	return calls
}
