package sqltest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Crash ends the server as a crash does, all its connections with it, and starts it again. It returns when
// the server answers.
func (s *Server) Crash(tb testing.TB) {
	tb.Helper()
	data := filepath.Join(s.dir, "data")
	c := asPostgres(filepath.Join(s.bin, "pg_ctl"), "restart", "-D", data, "-m", "immediate", "-w",
		"-l", filepath.Join(s.dir, "server.log"))
	if err := c.Run(); err != nil {
		tb.Errorf("PostgreSQL does not start again: %v", err)
	}
}

// Freeze stops all processes of the server where they are, connections open, until Thaw or the test's end.
func (s *Server) Freeze(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() { s.Thaw(tb) })
	s.signal(tb, syscall.SIGSTOP)
}

// Thaw lets a frozen server go on.
func (s *Server) Thaw(tb testing.TB) {
	tb.Helper()
	s.signal(tb, syscall.SIGCONT)
}

// signal sends to the server's first process, then to its children.
func (s *Server) signal(tb testing.TB, what syscall.Signal) {
	tb.Helper()
	pids, err := s.processes()
	if err != nil {
		tb.Fatalf("PostgreSQL's processes: %v", err)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, what); err != nil && err != syscall.ESRCH {
			tb.Errorf("%v to %d: %v", what, pid, err)
		}
	}
}

func (s *Server) processes() ([]int, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	b, err = os.ReadFile(fmt.Sprintf("/proc/%[1]s/task/%[1]s/children", first))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, pid := range append([]string{first}, strings.Fields(string(b))...) {
		n, err := strconv.Atoi(pid)
		if err != nil {
			return nil, err
		}
		pids = append(pids, n)
	}
	return pids, nil
}
