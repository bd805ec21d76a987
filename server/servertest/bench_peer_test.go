//go:build bench && linux

package servertest_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cameo/server/servertest"
	"cameo/storage/blobs/disk"
)

// peer is one competitor. Its methods may be called from many goroutines, each with uploads of its own.
type peer interface {
	// create makes an upload of size bytes and returns its address.
	create(ctx context.Context, size int) (string, error)
	// patch sends chunk, the bytes from at on of an upload of size bytes, and returns when they are acknowledged.
	patch(ctx context.Context, address string, at int, chunk []byte, size int) error
}

// process is a competitor that runs as a process of its own.
type process struct {
	peer
	pid int
}

// newWeb is a client that keeps its connections alive and writes bodies in large pieces.
func newWeb(t *testing.T) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 200, WriteBufferSize: 256 << 10, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// send makes one request and reads its answer, which must have the status want.
func send(web *http.Client, r *http.Request, want ...int) (http.Header, error) {
	resp, err := web.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for _, status := range want {
		if resp.StatusCode == status {
			return resp.Header, nil
		}
	}
	return nil, fmt.Errorf("%s %s: got status %d, want %v: %s", r.Method, r.URL.Path, resp.StatusCode, want, said)
}

// cameo speaks Igloo's words.
type cameo struct {
	web   *http.Client
	url   string
	token string
	kind  string // of what is sent; "": image/png
}

func (c cameo) mediaType() string { return cmp.Or(c.kind, "image/png") }

func (c cameo) create(ctx context.Context, size int) (string, error) {
	body := fmt.Sprintf(`{"Name":"a.png","ContentType":%q,"ContentLength":%d}`, c.mediaType(), size)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost,
		c.url+"/.api2/api/v1/communities/1/attachments", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header = http.Header{"Authorization": {"Bearer " + c.token}, "Content-Type": {"application/json"}}
	h, err := send(c.web, r, http.StatusCreated)
	return c.url + h.Get("Location"), err
}

func (c cameo) patch(ctx context.Context, address string, at int, chunk []byte, size int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPatch, address, bytes.NewReader(chunk))
	if err != nil {
		return err
	}
	r.Header = http.Header{
		"Authorization": {"Bearer " + c.token}, "Content-Type": {c.mediaType()},
		"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", at, at+len(chunk)-1, size)},
	}
	_, err = send(c.web, r, http.StatusOK, http.StatusAccepted)
	return err
}

// head asks how far an upload is, as its uploader does before resuming.
func (c cameo) head(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, http.NoBody)
	if err != nil {
		return err
	}
	r.Header = http.Header{"Authorization": {"Bearer " + c.token}}
	_, err = send(c.web, r, http.StatusOK)
	return err
}

// query asks the same by PATCH.
func (c cameo) query(ctx context.Context, address string, size int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPatch, address, http.NoBody)
	if err != nil {
		return err
	}
	r.Header = http.Header{
		"Authorization": {"Bearer " + c.token}, "Content-Range": {"bytes */" + strconv.Itoa(size)},
	}
	_, err = send(c.web, r, http.StatusAccepted)
	return err
}

// startCameo runs the real program with its defaults on a directory below top.
func startCameo(t *testing.T, top string, opts servertest.ProcessOptions) process {
	t.Helper()
	opts.Data, opts.Unlimited = scratch(t, top), true
	child := servertest.Process(t, opts)
	child.WaitReady()
	return process{speaker(t, child), child.PID()}
}

// speaker is a client of a running program, for a person of its own.
func speaker(t *testing.T, child *servertest.Child) cameo {
	t.Helper()
	return cameo{newWeb(t), child.URL, child.Token(string(servertest.Person("jane")), false), ""}
}

// tus speaks tus 1.0.
type tus struct {
	web *http.Client
	url string // where uploads are created
}

func (p tus) create(ctx context.Context, size int) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, http.NoBody)
	if err != nil {
		return "", err
	}
	r.Header = http.Header{"Tus-Resumable": {"1.0.0"}, "Upload-Length": {strconv.Itoa(size)}}
	h, err := send(p.web, r, http.StatusCreated)
	return h.Get("Location"), err
}

func (p tus) patch(ctx context.Context, address string, at int, chunk []byte, _ int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPatch, address, bytes.NewReader(chunk))
	if err != nil {
		return err
	}
	r.Header = http.Header{
		"Tus-Resumable": {"1.0.0"}, "Content-Type": {"application/offset+octet-stream"},
		"Upload-Offset": {strconv.Itoa(at)},
	}
	_, err = send(p.web, r, http.StatusNoContent)
	return err
}

// head asks how far an upload is.
func (p tus) head(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, http.NoBody)
	if err != nil {
		return err
	}
	r.Header = http.Header{"Tus-Resumable": {"1.0.0"}}
	_, err = send(p.web, r, http.StatusOK)
	return err
}

// startTusdOnDisk runs tusd with its file store on a directory below top.
func startTusdOnDisk(t *testing.T, top string) process {
	t.Helper()
	return startTusd(t, nil, "-upload-dir", scratch(t, top))
}

// startTusd runs tusd with a store that more flags and variables name, without what its defaults do beside the
// upload: metrics and a log line for each step.
func startTusd(t *testing.T, env []string, flags ...string) process {
	t.Helper()
	program := os.Getenv("CAMEO_BENCH_TUSD")
	if program == "" {
		t.Fatal("CAMEO_BENCH_TUSD is not the path of tusd: run this by make bench")
	}
	cmd := exec.Command(program, append(flags, "-host", "127.0.0.1", "-port", "0",
		"-behind-proxy=false", "-expose-metrics=false", "-verbose=false", "-hooks-enabled-events=")...)
	cmd.Env = append(cmd.Environ(), env...)
	return process{tus{newWeb(t), startPeer(t, cmd)}, cmd.Process.Pid}
}

// startPeer runs a server that says on its stdout where uploads are created, and returns that address.
func startPeer(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if _, url, ok := strings.Cut(lines.Text(), "upload files to: "); ok {
				found <- url
			}
		}
	}()
	select {
	case url := <-found:
		return url
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not listen", filepath.Base(cmd.Path))
		return ""
	}
}

// bare writes to a file and syncs it, as a program must that keeps what it has acknowledged, and nothing else. It is
// used by one goroutine at a time.
type bare struct {
	dir string
	cpu time.Duration // processor time taken so far
}

func (b *bare) create(context.Context, int) (string, error) {
	f, err := os.CreateTemp(b.dir, "")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

func (b *bare) patch(_ context.Context, address string, at int, chunk []byte, _ int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin, err := threadTime()
	if err != nil {
		return err
	}
	if err := writeSynced(address, at, chunk); err != nil {
		return err
	}
	end, err := threadTime()
	b.cpu += end - begin
	return err
}

// threadTime is the processor time that this thread has taken so far.
func threadTime() (time.Duration, error) {
	var u unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_THREAD, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

func writeSynced(address string, at int, chunk []byte) error {
	f, err := disk.Machine().OpenFile(address, os.O_WRONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	const piece = 64 << 10 // one write of megabytes takes the kernel longer
	for part := range slices.Chunk(chunk, piece) {
		if _, err := f.WriteAt(part, int64(at)); err != nil {
			return err
		}
		at += len(part)
	}
	return f.Datasync()
}

// scratch is a new directory below top.
func scratch(t *testing.T, top string) string {
	t.Helper()
	dir, err := os.MkdirTemp(top, "")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Clean(dir)
}
