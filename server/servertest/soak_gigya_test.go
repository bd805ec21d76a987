//go:build soak && linux

package servertest_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"cameo/server/servertest"
)

// Fifty at a time set the largest photo that Gigya takes: a few are in memory, the others wait or are told to come again,
// and all of them succeed.
func TestSoakGigyaCrowd(t *testing.T) {
	const many, most = 50, 512 << 10 // kB
	child := servertest.Process(t, servertest.ProcessOptions{Unlimited: true})
	child.WaitReady()
	site, photo := newGigyaClient(t, &http.Client{}, child), base64.StdEncoding.EncodeToString(largestPhotograph(t, 0))
	for range soakTimes(t, 6) {
		again := gigyaFlood(t, site, photo, many)
		t.Logf("%d were told to come again, peak memory %d kB", again, peakMemory(t, child.PID()))
	}
	if peak := peakMemory(t, child.PID()); peak > most {
		t.Errorf("got a peak memory of %d kB, want %d at most", peak, most)
	}
	child.Kill()
}
