//go:build bench && linux

package servertest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cameo/server/servertest"
)

// The competitors, in the order in which tables show them.
const (
	ours     = "cameo"
	unsynced = "cameo without sync"
	theirs   = "tusd"
	nobody   = "bare write + fdatasync"
)

// rig is what all measurements of a report share: one directory on one disk, and the competitors that work in it.
type rig struct {
	top   string
	disk  string   // its file system
	names []string // of the competitors
	peers map[string]peer
	pids  map[string]int // of those that are processes
	bare  *bare          // the one that is none
	load  string         // the machine's load before the start
	cloud *cloud         // where the bytes and rows go; nil: to the disk

	settled map[string]bool // files whose memory was given back
}

func newRig(t *testing.T) *rig {
	r := emptyRig(t)
	r.names = []string{ours, theirs, unsynced, nobody}
	for name, p := range map[string]process{
		ours:     startCameo(t, r.top, servertest.ProcessOptions{}),
		unsynced: startCameo(t, r.top, servertest.ProcessOptions{NoSync: true}),
		theirs:   startTusdOnDisk(t, r.top),
	} {
		r.peers[name], r.pids[name] = p.peer, p.pid
	}
	r.bare = &bare{dir: scratch(t, r.top)}
	r.peers[nobody] = r.bare
	return r
}

func emptyRig(t *testing.T) *rig {
	r := &rig{
		top: t.TempDir(), load: loadAverage(t),
		peers: map[string]peer{}, pids: map[string]int{}, settled: map[string]bool{},
	}
	r.disk = fileSystem(t, r.top)
	return r
}

// fileSystem names the file system of a directory, which must be a real disk.
func fileSystem(t *testing.T, dir string) string {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	switch st.Type {
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		t.Fatal("the temporary directory is in memory: set TMPDIR to one on a disk")
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	}
	return fmt.Sprintf("file system %#x", st.Type)
}

// cpu is the processor time that a competitor has taken so far, in user and system mode.
func (r *rig) cpu(t *testing.T, name string) time.Duration {
	t.Helper()
	if name == nobody {
		return r.bare.cpu
	}
	pid, ok := r.pids[name]
	if !ok {
		return 0 // it works in this process, as the clients do
	}
	return processTime(t, pid)
}

// processTime is the processor time that a process has taken so far, in user and system mode: to the nanosecond, as
// the scheduler counts it for each of the threads. The servers that are measured end no threads.
func processTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	threads, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
	if err != nil {
		t.Fatal(err)
	}
	var sum time.Duration
	for _, thread := range threads {
		ran := strings.Fields(readProc(t, strconv.Itoa(pid), "task", thread.Name(), "schedstat"))[0]
		n, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(n)
	}
	return sum
}

// forgetPeaks lets the peak memory of each process begin anew, with what it holds now.
func (r *rig) forgetPeaks(t *testing.T) {
	t.Helper()
	const peak = "5" // of proc(5)'s clear_refs
	for _, pid := range r.pids {
		if err := os.WriteFile(filepath.Join("/proc", strconv.Itoa(pid), "clear_refs"), []byte(peak), 0); err != nil {
			t.Fatal(err)
		}
	}
}

// loadAverage is the machine's, over the last minute.
func loadAverage(t *testing.T) string { return strings.Fields(readProc(t, "loadavg"))[0] }

// settle writes what everybody has left in the page cache, so that nobody waits for another's bytes. Then it
// gives back the memory of the uploads there: else the kernel would take memory that was never used before for each
// upload, and on a virtual machine that costs more than the upload.
func (r *rig) settle(t *testing.T) {
	t.Helper()
	syscall.Sync()
	top := r.top
	if r.cloud != nil {
		top = r.cloud.minio.Dir
	}
	err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // the servers have files that come and go
			return nil
		}
		if err != nil || !d.Type().IsRegular() || r.settled[path] || strings.HasPrefix(d.Name(), "cameo.db") {
			return err
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		r.settled[path] = true
		return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tusdVersion is that of deploy/tools/peers.mod.
const tusdVersion = "tusd: 2.10.1"

// report is a file of results.
type report struct {
	file  string // below docs/benchmarks
	title string
	peers []string // and their versions
}

func (to report) write(t *testing.T, r *rig, begun time.Time, all []section) {
	t.Helper()
	processor := "unknown processor"
	if _, after, ok := strings.Cut(readProc(t, "cpuinfo"), "model name"); ok {
		line, _, _ := strings.Cut(after, "\n")
		processor = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Results: %s\n\n"+
		"Written by `make bench`; [README.md](README.md) says how each number is made. "+
		"Compare the numbers of one run with each other, not with those of another run.\n\n", to.title)
	fmt.Fprintf(&b, "- Date: %s, %s long\n", begun.UTC().Format("2006-01-02 15:04 UTC"),
		time.Since(begun).Round(time.Second))
	fmt.Fprintf(&b, "- Machine: %s, %d processors, Linux %s, %s\n", processor, runtime.NumCPU(),
		strings.TrimSpace(readProc(t, "sys/kernel/osrelease")), r.disk)
	fmt.Fprintf(&b, "- Load average: %s before, %s after; on an idle machine it begins near 0\n", r.load, loadAverage(t))
	fmt.Fprintf(&b, "- Go: %s; %s\n- Command: `make bench`\n", runtime.Version(), strings.Join(to.peers, "; "))
	for _, s := range all {
		b.WriteString("\n" + s.markdown())
	}
	path := filepath.Join("..", "..", "docs", "benchmarks", to.file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
