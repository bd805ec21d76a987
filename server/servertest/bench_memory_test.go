//go:build bench && linux

package servertest_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

const (
	crowd     = 100       // clients at once
	crowdSize = 8 << 20   // bytes that each of them sends in one PATCH
	mostKB    = 100 << 10 // of memory
)

// measureMemory lets a crowd upload at once to servers that have done nothing before.
func measureMemory(t *testing.T, r *rig) []section {
	content := servertest.Picture("crowd", crowdSize)
	s := section{
		title:  "Memory while 100 clients upload 8 MiB each at once",
		about:  "The peak resident memory (VmHWM) of a server that was started for it, and the time until all were done.",
		header: []string{"", "before, kB", "peak, kB", "all done, s"},
	}
	for _, one := range []struct {
		name   string
		server process
	}{
		{ours, startCameo(t, r.top, servertest.ProcessOptions{})},
		{theirs, startTusdOnDisk(t, r.top)},
	} {
		r.settle(t)
		before := peakMemory(t, one.server.pid)
		took := flood(t, one.server, content)
		peak := peakMemory(t, one.server.pid)
		s.rows = append(s.rows, []string{
			one.name, strconv.Itoa(before), strconv.Itoa(peak), strconv.FormatFloat(took.Seconds(), 'f', 1, 64),
		})
		if one.name == ours {
			s.bounds = []bound{atMost("peak memory of cameo", float64(peak), mostKB, "kB")}
		}
	}
	return []section{s}
}

// flood makes one upload for each client, and then sends all of them at once.
func flood(t *testing.T, p peer, content []byte) time.Duration {
	t.Helper()
	addresses := make([]string, crowd)
	for i := range addresses {
		var err error
		if addresses[i], err = p.create(t.Context(), len(content)); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	var all sync.WaitGroup
	for _, address := range addresses {
		all.Go(func() {
			if err := p.patch(t.Context(), address, 0, content, len(content)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(begin)
}
