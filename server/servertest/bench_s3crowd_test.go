//go:build bench && linux

package servertest_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

const (
	many     = 500
	manySize = 20_000_000
	slow     = 200
)

// alone runs cameo for one measurement, on a MinIO that goes with it: the uploads take gigabytes.
func (r *rig) alone(t *testing.T) process {
	t.Helper()
	c := &cloud{minio: s3test.Start(t, s3test.MinIO), postgres: r.cloud.postgres}
	return startCameo(t, r.top, c.options(t, c.minio.Endpoint, c.postgres.Database(t)))
}

// measureCrowd lets many clients upload at once, far more than the memory budget has room for.
func measureCrowd(t *testing.T, r *rig) []section {
	content := servertest.Picture("crowd", manySize)
	p := r.alone(t)
	before := peakMemory(t, p.pid)
	addresses := createMany(t, p, many, manySize)
	var failed atomic.Int64
	begin := time.Now()
	var all sync.WaitGroup
	for _, address := range addresses {
		all.Go(func() {
			if err := p.patch(t.Context(), address, 0, content, len(content)); err != nil {
				if failed.Add(1) <= 3 {
					t.Logf("after %s: %v", time.Since(begin), err)
				}
			}
		})
	}
	all.Wait()
	took, peak := time.Since(begin), peakMemory(t, p.pid)
	return []section{{
		title:  fmt.Sprintf("Memory while %d clients upload 20 MB each at once", many),
		about:  "The peak resident memory (VmHWM) of a server that was started for it, and the time until all were done.",
		header: []string{"", "before, MiB", "peak, MiB", "all done, s", "MB/s", "failed"},
		rows: [][]string{{
			ours, strconv.Itoa(before >> 10), strconv.Itoa(peak >> 10), fmt.Sprintf("%.1f", took.Seconds()),
			fmt.Sprintf("%.0f", many*manySize/1e6/took.Seconds()), strconv.FormatInt(failed.Load(), 10),
		}},
		bounds: []bound{
			atMost("peak memory", float64(peak)/1024, 512, "MiB"),
			atMost("failed", float64(failed.Load()), 0, "uploads"),
		},
	}}
}

func createMany(t *testing.T, p peer, n, size int) []string {
	t.Helper()
	addresses := make([]string, n)
	for i := range addresses {
		var err error
		if addresses[i], err = p.create(t.Context(), size); err != nil {
			t.Fatal(err)
		}
	}
	return addresses
}

// measureSlow looks at the memory while clients send a little and wait: it must follow what has arrived.
func measureSlow(t *testing.T, r *rig) []section {
	p := r.alone(t)
	c, _ := p.peer.(cameo)
	content := servertest.Picture("slow", manySize)
	addresses := createMany(t, p, slow, manySize)
	s := section{
		title: fmt.Sprintf("Memory while %d slow clients have sent a little of 20 MB", slow),
		about: "Resident memory (VmRSS) above what the server takes without clients. " +
			"A part of 5 MiB for each would be 1000 MiB, a run of 16 MiB 3200 MiB.",
		header: []string{"each has sent, KiB", "arrived, MiB", "memory, MiB"},
	}
	before := statusKB(t, p.pid, "VmRSS:")
	pipes := make([]*io.PipeWriter, slow)
	var all sync.WaitGroup
	for i, address := range addresses {
		reader, writer := io.Pipe()
		pipes[i] = writer
		all.Go(func() {
			_ = cutPipe(c, address, reader)
		})
	}
	sent := 0
	for _, until := range []int{32 << 10, 128 << 10, 512 << 10} {
		for _, pipe := range pipes {
			if _, err := pipe.Write(content[sent:until]); err != nil {
				t.Fatal(err)
			}
		}
		sent = until
		time.Sleep(time.Second) // for what is on its way
		arrived, grown := slow*sent>>10, statusKB(t, p.pid, "VmRSS:")-before
		s.rows = append(s.rows, []string{
			strconv.Itoa(sent >> 10), strconv.Itoa(arrived >> 10), strconv.Itoa(grown >> 10),
		})
		most := 2*float64(arrived)/1024 + slow*0.125 // a connection's own buffers, goroutines and a page
		s.bounds = append(s.bounds,
			atMost(fmt.Sprintf("memory at %d KiB each", sent>>10), float64(grown)/1024, most, "MiB"))
	}
	for _, pipe := range pipes {
		pipe.CloseWithError(errCut)
	}
	all.Wait()
	return []section{s}
}

// cutPipe sends what comes through a pipe, until it breaks.
func cutPipe(c cameo, address string, body io.Reader) error {
	r, err := http.NewRequest(http.MethodPatch, address, body)
	if err != nil {
		return err
	}
	r.ContentLength = manySize
	r.Header = http.Header{
		"Authorization": {"Bearer " + c.token}, "Content-Type": {"image/png"},
		"Content-Range": {fmt.Sprintf("bytes 0-%d/%d", manySize-1, manySize)},
	}
	small := &http.Client{Transport: &http.Transport{WriteBufferSize: 4 << 10}} // hands on what it is given
	defer small.CloseIdleConnections()
	_, err = send(small, r, http.StatusOK)
	return err
}
