//go:build soak && linux

package servertest_test

import (
	"bytes"
	"net/http"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// R12: each request to S3 takes 1 to 3 seconds more, and its body comes at 256 kB a second. All uploads end well,
// and the server's memory stays small.
func TestSoakR12SlowStore(t *testing.T) {
	const lines, size, chunk, mostKB = 8, 4 * mebibyte, 2 * mebibyte, 64 << 10
	all := startServers(t)
	proxy := s3test.NewProxy(t, all.minio)
	d := all.deploymentAt(t, proxy.Endpoint)
	child := d.nodes(1)[0]
	jane, content := call(t, child), servertest.Picture("me.png", size)
	before := statusKB(t, child.PID(), "VmRSS:")
	chance := seeded(t, 12)
	proxy.Plan(func(string, int) s3test.Fault { // one call at a time
		return s3test.Fault{Late: time.Second + time.Duration(chance.Int64N(int64(2*time.Second))), Rate: 256_000}
	})
	for range soakTimes(t, 5) {
		keys := make([]string, lines)
		var crowd sync.WaitGroup
		for n := range keys {
			keys[n] = jane.create(size)
			crowd.Go(func() {
				for at := 0; at < size; at += chunk {
					body := bytes.NewReader(content[at : at+chunk])
					got, err := jane.try(http.MethodPatch, entry(keys[n]), ranged(at, at+chunk, size), body, chunk)
					if err != nil || got.offset() != at+chunk {
						t.Errorf("got %v, %v, want offset %d", got, err, at+chunk)
						return
					}
				}
			})
		}
		crowd.Wait()
		if t.Failed() {
			return
		}
		for _, key := range keys {
			jane.wantWhole(key, content)
		}
	}
	peak := peakMemory(t, child.PID())
	t.Logf("memory grew by %d kB", peak-before)
	if peak-before > mostKB {
		t.Errorf("memory grew by %d kB, want %d at most", peak-before, mostKB)
	}
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
	child.Kill()
	d.wantTidy()
}
