//go:build soak && linux

package servertest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R33: 500 uploads of 20 MB at once, far more than the memory budget has room for, by a server that the kernel would
// kill at 768 MiB.
func TestSoakR33Crowd(t *testing.T) {
	t.Run("disk", func(t *testing.T) { survivesCrowd(t, servertest.Stores{}) })
	t.Run("PostgreSQL and S3", func(t *testing.T) { survivesCrowd(t, startServers(t).deployment(t).stores) })
}

func survivesCrowd(t *testing.T, stores servertest.Stores) {
	t.Helper()
	const size, most, limit = 20_000_000, 512 << 10, 768 << 20
	many := soakTimes(t, 500)
	child := servertest.Process(t, servertest.ProcessOptions{Stores: stores, Unlimited: true})
	child.WaitReady()
	confine(t, child, limit)
	jane, content := call(t, child), servertest.Picture("me.png", size)
	keys := make([]string, many)
	for i := range keys {
		keys[i] = jane.create(size)
	}
	took := make([]time.Duration, many)
	var all sync.WaitGroup
	for i, key := range keys {
		all.Go(func() {
			begin := time.Now()
			got, err := jane.try(http.MethodPatch, entry(key), ranged(0, size, size), bytes.NewReader(content), size)
			if took[i] = time.Since(begin); err != nil || got.status != http.StatusOK {
				t.Errorf("upload %d: got %v, %v, want 200", i, got, err)
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	peak := statusKB(t, child.PID(), "VmHWM:")
	t.Logf("%d uploads, peak memory %d kB, acknowledged after %s (median), %s (p99)",
		many, peak, took[many/2], took[many*99/100])
	if peak > most {
		t.Errorf("got a peak memory of %d kB, want %d at most", peak, most)
	}
	jane.wantWhole(keys[0], content)
	child.Kill()
}

// confine puts a child under a memory limit in bytes, until the test ends.
func confine(t *testing.T, child *servertest.Child, limit int) {
	t.Helper()
	dir := filepath.Join("/sys/fs/cgroup/memory", fmt.Sprintf("cameo-soak-%d", child.PID()))
	err := os.Mkdir(dir, 0o755)
	servertest.Require(t, "root", err == nil, fmt.Sprint("no control group (version 1) can be made: ", err))
	t.Cleanup(func() {
		child.Kill() // a group that has a process cannot be removed
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	for _, set := range []struct {
		file  string
		value int
	}{{"memory.limit_in_bytes", limit}, {"cgroup.procs", child.PID()}} {
		if err := os.WriteFile(filepath.Join(dir, set.file), []byte(strconv.Itoa(set.value)), 0); err != nil {
			t.Fatal(err)
		}
	}
}
