//go:build linux

package servertest_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// peakMemory is the most that a process has held in memory, in kB.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	return statusKB(t, pid, "VmHWM:")
}

// statusKB is one of the lines of proc(5)'s status that tell of memory.
func statusKB(t *testing.T, pid int, line string) int {
	t.Helper()
	_, after, _ := strings.Cut(readProc(t, strconv.Itoa(pid), "status"), line)
	kB, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kB
}

// readProc is a file of proc(5).
func readProc(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"/proc"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// openFiles is how many descriptors a process has open.
func openFiles(t *testing.T, pid int) int {
	t.Helper()
	all, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
