package servertest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startTime is how long a child may take to listen and to become ready.
const startTime = 20 * time.Second

// ProcessOptions say how a child is run. The zero value is a good one.
type ProcessOptions struct {
	Data        string   // its data directory; "" is a new one
	Stores      Stores   // that it shares with other children; none: it has its own in its data directory
	Flags       []string // of serve, besides --listen, --data and --ops-listen
	Env         []string // NAME=value, besides the test's own
	Faultpoints bool     // built with failpoints
	NoSync      bool     // built to acknowledge what a power cut loses, for the benchmark
	Unlimited   bool     // with limits that nobody reaches, for benchmarks and soaks: they are looked at even so
}

// Child is the real program, serving as a process of its own on a free port.
type Child struct {
	URL     string
	Data    string
	t       testing.TB
	opts    ProcessOptions
	program string

	running *exec.Cmd
	done    chan struct{} // closed when the process has ended
	said    *transcript
}

// Process starts the program and waits until it listens. It is killed when the test ends.
func Process(t testing.TB, opts ProcessOptions) *Child {
	t.Helper()
	c := &Child{t: t, opts: opts, Data: opts.Data}
	if c.Data == "" {
		c.Data = t.TempDir()
	}
	built := plain
	switch {
	case opts.Faultpoints:
		built = faulty
	case opts.NoSync:
		built = unsynced
	}
	var err error
	if c.program, err = built(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Kill()
		c.overhear()
	})
	c.Start()
	return c
}

// Start runs the program again after it has ended, on the same data and a new port.
func (c *Child) Start() {
	c.t.Helper()
	flags := []string{"serve", "--listen", "127.0.0.1:0", "--data", c.Data, "--ops-listen", "off"}
	if c.opts.Unlimited {
		flags = append(flags, unlimited()...)
	}
	flags = append(append(flags, c.opts.Stores.Flags()...), c.opts.Flags...)
	c.running = exec.Command(c.program, flags...)
	c.running.Env = append(append(c.running.Environ(), Credentials()...), c.opts.Env...)
	stderr, err := c.running.StderrPipe()
	if err == nil {
		err = c.running.Start()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.overhear()
	c.said, c.done = &transcript{first: make(chan string, 1)}, make(chan struct{})
	go func(cmd *exec.Cmd, said *transcript, done chan struct{}) {
		said.follow(stderr)
		_ = cmd.Wait() // how it ended is told by its ProcessState
		close(done)
	}(c.running, c.said, c.done)
	select {
	case line := <-c.said.first: // "" when it ended without a word
		url, ok := strings.CutPrefix(line, "listening on ")
		if !ok {
			c.t.Fatalf("the first line of stderr: got %q, want listening on a URL", line)
		}
		c.URL = url
	case <-time.After(startTime):
		c.t.Fatalf("the program does not listen after %s; it said:\n%s", startTime, c.Said())
	}
}

// unlimited are limits that nobody reaches.
func unlimited() []string {
	const rate = "1000000000/10s"
	return []string{
		"--max-open", "0", "--max-day", "0", "--max-total", "0",
		"--rate-person", rate, "--rate-address", rate, "--rate-misses", rate,
	}
}

// WaitReady returns when the child answers that it is ready.
func (c *Child) WaitReady() {
	c.t.Helper()
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(c.URL + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	c.t.Fatalf("the program is not ready after %s; it said:\n%s", startTime, c.Said())
}

// Kill ends the child as a crash would (SIGKILL). One that has ended stays so.
func (c *Child) Kill() {
	c.t.Helper()
	c.Signal(syscall.SIGKILL)
	c.Wait(startTime)
}

// Signal sends a signal. To one that has ended it does nothing.
func (c *Child) Signal(s os.Signal) {
	c.t.Helper()
	if err := c.running.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Fatal(err)
	}
}

// Wait returns the exit code of a child that ends within limit; -1 when a signal ended it.
func (c *Child) Wait(limit time.Duration) int {
	c.t.Helper()
	select {
	case <-c.done:
		return c.running.ProcessState.ExitCode()
	case <-time.After(limit):
		c.t.Fatalf("the program still runs after %s; it said:\n%s", limit, c.Said())
		return -1
	}
}

// overhear looks for secrets in what the child has said since its last start.
func (c *Child) overhear() {
	c.t.Helper()
	if c.said != nil {
		wantDiscreet(c.t, c.said.text())
	}
}

// Restart kills the child and starts it again.
func (c *Child) Restart() {
	c.t.Helper()
	c.Kill()
	c.Start()
}

// Program is the path of the program that runs.
func (c *Child) Program() string { return c.program }

// PID is the process's number.
func (c *Child) PID() int { return c.running.Process.Pid }

// Said is all that the child has written to stderr since its last start.
func (c *Child) Said() string { return c.said.text() }

// Token returns a bearer token for a person of community 1, made by the program itself.
func (c *Child) Token(person string, admin bool) string {
	c.t.Helper()
	args := []string{"token", "--data", c.Data, "--community", "1", "--user", person}
	args = append(args, c.opts.Stores.Flags()...)
	if admin {
		args = append(args, "--admin")
	}
	return strings.TrimSpace(c.Run(args...))
}

// Run runs another command of the same program and returns what it wrote to stdout.
func (c *Child) Run(args ...string) string {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(c.program, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(cmd.Environ(), Credentials()...)
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("cameo %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String()
}

// transcript keeps what a process says.
type transcript struct {
	first chan string // its first line, once
	mu    sync.Mutex
	all   bytes.Buffer
}

func (t *transcript) follow(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			t.first <- lines.Text()
		}
		t.mu.Lock()
		t.all.WriteString(lines.Text() + "\n")
		t.mu.Unlock()
	}
	close(t.first)
}

func (t *transcript) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.String()
}
