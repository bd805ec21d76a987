package servertest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// A stop in the middle of an upload: what has arrived is kept, and the client is told to come again.
func TestAStopKeepsWhatHasArrived(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	s := servertest.Tell(t, i)
	const size, arrived = 100_000, 61_234
	jane := s.As("jane").Create("me.png", size)
	line := halfSent(t, i, jane.Key(), size, arrived)
	time.Sleep(200 * time.Millisecond) // the bytes are in this machine; the writer has only to pick them up

	begin := time.Now()
	i.Stop()
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the stop took %s, want 10s at most", took)
	}
	resp, err := http.ReadResponse(bufio.NewReader(line), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("got status %d and headers %v, want 503 with Retry-After", resp.StatusCode, resp.Header)
	}
	i.Restart()
	jane.WantOffset(arrived).Send(arrived, size).WantFile()
}

// halfSent is a connection on which jane has sent the first bytes of an upload in one PATCH, and no more of it yet.
func halfSent(t *testing.T, i *servertest.Instance, key storage.Key, size, arrived int) net.Conn {
	t.Helper()
	line, err := net.Dial("tcp", strings.TrimPrefix(i.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.Close() })
	fmt.Fprintf(line, "PATCH /.api2/api/v1/communities/1/attachments/uploads/%s HTTP/1.1\r\nHost: cameo\r\n"+
		"Authorization: Bearer %s\r\nContent-Type: image/png\r\nContent-Range: bytes 0-%d/%d\r\nContent-Length: %d\r\n\r\n",
		key, i.Token(servertest.Person("jane")), size-1, size, size)
	if _, err := line.Write(servertest.Picture("me.png", size)[:arrived]); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool {
		u, err := i.Engine().Find(t.Context(), storage.ID{Community: 1, Key: key})
		return err == nil && u.Writer != ""
	})
	return line
}

// Lines of the log are written some at a time: none is lost at a stop, and they stay in their order.
func TestAStopWritesTheWholeLog(t *testing.T) {
	t.Parallel()
	const many = 2000 // more than are kept back
	i := servertest.Start(t)
	for n := range many {
		get(t, i, fmt.Sprintf("%s/v1/nothing/%04d", i.URL, n))
	}
	i.Stop()
	first, rest, _ := strings.Cut(i.Log(), "\n")
	if first != "listening on "+i.URL {
		t.Errorf("the first line: %q", first)
	}
	if got := strings.Count(rest, "msg=request"); got != many {
		t.Errorf("got lines of %d requests, want %d", got, many)
	}
	lines := strings.Split(strings.TrimSpace(rest), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(last, "msg=stopping") {
		t.Errorf("the last line: %q", last)
	}
	when := func(line string) string { at, _, _ := strings.Cut(line, " "); return at }
	if !slices.IsSortedFunc(lines, func(a, b string) int { return strings.Compare(when(a), when(b)) }) {
		t.Error("the lines are not in the order of their times")
	}
}

// The process is told to stay near what it holds: a node that holds nothing does not take what a busy one may.
func TestTheMemoryFollowsWhatIsHeld(t *testing.T) {
	t.Parallel()
	const alone, step = 168 << 20, 16 << 20
	i := servertest.Start(t)
	await(t, func() bool { return i.MemoryBound() == alone })
	jane := servertest.Tell(t, i).As("jane").Create("me.png", 100_000)
	line := halfSent(t, i, jane.Key(), 100_000, 10)
	await(t, func() bool { return i.MemoryBound() == alone+step })
	line.Close()
	await(t, func() bool { return i.MemoryBound() == alone })
}

// await waits until it is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("it did not become so in 20s")
		}
	}
}

func get(t *testing.T, i *servertest.Instance, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := i.HTTP.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestTheMetricsHaveADoorOfTheirOwn(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ops := free.Addr().String()
	free.Close()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.OpsListen = ops }))
	if status, text := get(t, i, "http://"+ops+"/metrics"); status != 200 || !strings.Contains(text, "cameo_requests_total") &&
		!strings.Contains(text, "go_goroutines") {
		t.Errorf("got %d %.200s, want metrics", status, text)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if status, _ := get(t, i, i.URL+path); status != http.StatusNotFound {
			t.Errorf("%s on the public door: got %d, want 404", path, status)
		}
	}
}

func TestATakenDefaultDoorIsOnlyAWarning(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", boot.OpsDefault)
	if err == nil {
		defer taken.Close()
	}
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.OpsListen = "" }))
	await(t, func() bool { return strings.Contains(i.Log(), "no metrics: 127.0.0.1:9464 is taken") })
	if first, _, _ := strings.Cut(i.Log(), "\n"); first != "listening on "+i.URL {
		t.Errorf("the first line: got %q, want listening on %s", first, i.URL)
	}
	await(t, func() bool { status, _ := get(t, i, i.URL+"/readyz"); return status == http.StatusOK })
}

func TestATakenPortIsRefused(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	cfg := boot.Default()
	cfg.Data, cfg.OpsListen, cfg.Listen = t.TempDir(), "off", strings.TrimPrefix(i.URL, "http://")
	node, err := boot.Open(t.Context(), cfg, boot.ThisMachine(io.Discard))
	if err == nil {
		err = errors.Join(errors.New("it was opened"), node.Close())
	}
	if got := boot.ExitCode(err); got != boot.Misuse {
		t.Errorf("got %v with exit code %d, want %d", err, got, boot.Misuse)
	}
}

func TestReadyAndAlive(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	for path, want := range map[string]string{"/healthz": "alive", "/readyz": "ready"} {
		if status, text := get(t, i, i.URL+path); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: got %d %s, want 200 and %s", path, status, text, want)
		}
	}
}
