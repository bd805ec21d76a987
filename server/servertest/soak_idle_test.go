//go:build soak && linux

package servertest_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cameo/server/servertest"
)

// R32: 9,000 connections that were used once stand idle. They cost little, new ones are served at once, and
// nothing of them is left when they have gone.
func TestSoakR32IdleConnections(t *testing.T) {
	const lines, spare, mostKB, quick, tries = 9000, 500, 300 << 10, 10 * time.Millisecond, 101
	var files unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files)
	servertest.Require(t, "root", err == nil && files.Max >= lines+spare, "a process may not open 9,500 files here")
	child := servertest.Process(t, servertest.ProcessOptions{Unlimited: true})
	child.WaitReady()
	before := openFiles(t, child.PID())
	idle := make([]*line, lines)
	for i := range idle {
		idle[i] = dial(t, child.URL)
		idle[i].say("GET /healthz HTTP/1.1\r\nHost: cameo.test\r\n\r\n")
		if got := idle[i].must(http.MethodGet); got.status != http.StatusOK {
			t.Fatalf("connection %d: got %v, want 200", i, got)
		}
	}
	took := make([]time.Duration, tries)
	for i := range took {
		begin := time.Now()
		fresh := dial(t, child.URL)
		fresh.say("GET /healthz HTTP/1.1\r\nHost: cameo.test\r\nConnection: close\r\n\r\n")
		fresh.must(http.MethodGet)
		took[i] = time.Since(begin)
	}
	slices.Sort(took)
	held, memory := openFiles(t, child.PID()), statusKB(t, child.PID(), "VmRSS:")
	t.Logf("%d files open, %d kB of memory, a fresh request takes %s", held, memory, took[tries/2])
	if held < lines {
		t.Errorf("got %d open files: the server has closed some of the %d connections", held, lines)
	}
	if memory > mostKB {
		t.Errorf("got %d kB of memory, want %d at most", memory, mostKB)
	}
	if took[tries/2] > within(quick) {
		t.Errorf("got %s for a fresh request, want %s at most", took[tries/2], within(quick))
	}
	for _, l := range idle {
		l.Close()
	}
	await(t, func() bool { return openFiles(t, child.PID()) <= before+before/10 })
}
