package servertest_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

// command runs a command of the system.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// tmpfs mounts a file system in memory on a new directory, for the length of the test.
func tmpfs(t *testing.T, size string) string {
	t.Helper()
	servertest.Require(t, "root", os.Geteuid() == 0, "only root may mount a file system")
	dir := t.TempDir()
	mount(t, dir, "-t", "tmpfs", "-o", "mode=700,size="+size, "tmpfs", dir)
	return dir
}

// mount mounts on dir by the arguments of mount(8), for the length of the test.
func mount(t *testing.T, dir string, args ...string) {
	t.Helper()
	err := command("mount", args...)
	servertest.Require(t, "tmpfs", err == nil, fmt.Sprint("no file system can be mounted: ", err))
	t.Cleanup(func() {
		if err := command("umount", dir); err != nil {
			t.Error(errors.Join(err, command("umount", "-l", dir)))
		}
	})
}

// remount changes a mounted file system's options.
func remount(t *testing.T, dir, option string) {
	t.Helper()
	if err := command("mount", "-o", "remount,"+option, dir); err != nil {
		t.Fatal(err)
	}
}

// wantWaiting wants a refusal that tells the client to come again.
func (c *caller) wantWaiting(what string, got answer) {
	c.t.Helper()
	c.want(what, got, http.StatusServiceUnavailable)
	if got.header.Get("Retry-After") == "" {
		c.t.Errorf("%s: got no Retry-After: %v", what, got)
	}
}

// recovers waits until the server says that it is ready, which it looks at every two seconds.
func (c *caller) recovers() {
	c.t.Helper()
	for until := time.Now().Add(within(10 * time.Second)); ; time.Sleep(50 * time.Millisecond) {
		got := c.ask(http.MethodGet, "/readyz", nil, nil)
		if got.status == http.StatusOK {
			break
		}
		if time.Now().After(until) {
			c.t.Fatalf("not ready again: %v", got)
		}
	}
	c.trouble = false
}

// R05: the disk of the blobs refuses every write, as one does after an error of its own, and takes them again
// later.
func TestR05ReadOnlyDisk(t *testing.T) {
	t.Parallel()
	blobs := tmpfs(t, "64m")
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--blobs", "disk:" + blobs}})
	child.WaitReady()
	const size, half = 400_000, 200_000
	jane, content := call(t, child), servertest.Picture("me.png", size)
	key := jane.create(size)
	jane.want("the first half", jane.patch(key, content, 0, half), http.StatusAccepted)
	child.Restart() // whose process has the half-written file open, and so keeps the disk writable
	remount(t, blobs, "ro")
	jane.trouble = true
	for range 3 {
		got := jane.patch(key, content, half, size)
		jane.wantWaiting("a PATCH to a disk that refuses", got)
		if got.offset() != half {
			t.Errorf("got offset %d, want the durable %d: %v", got.offset(), half, got)
		}
		if at := jane.stand(key); at != half {
			t.Errorf("status: got offset %d, want %d", at, half)
		}
	}
	time.Sleep(2 * time.Second) // readiness is looked at so often
	got := jane.want("readiness", jane.ask(http.MethodGet, "/readyz", nil, nil), http.StatusServiceUnavailable)
	if !bytes.Contains(got.body, []byte(`"failed":["blobs"]`)) {
		t.Errorf("readiness: got %s, want it to name the blobs alone", got.body)
	}
	jane.want("health", jane.ask(http.MethodGet, "/healthz", nil, nil), http.StatusOK)

	remount(t, blobs, "rw")
	jane.recovers()
	jane.finish(key, content)
	child.Kill()
	wantTidyBlobs(t, child.Data, blobs)
}

// R05: fdatasync fails. The blobs lie in a file system whose own storage, a file in a tmpfs, is full: a
// write lands in the page cache and looks good, and only the sync shows that it is lost.
func TestR05FailedSync(t *testing.T) {
	t.Parallel()
	under := tmpfs(t, "24m")
	image, blobs := filepath.Join(under, "image"), t.TempDir()
	err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 64*mebibyte))
	if err == nil {
		err = command("mkfs.ext2", "-q", "-m", "0", image)
	}
	servertest.Require(t, "tmpfs", err == nil, fmt.Sprint("no file system can be made: ", err))
	mount(t, blobs, "-o", "loop", image, blobs)
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--blobs", "disk:" + filepath.Join(blobs, "blobs")}})
	child.WaitReady()
	const size, kept = 12 * mebibyte, 2 * mebibyte
	jane, content := call(t, child), servertest.Picture("me.png", size)
	key := jane.create(size)
	jane.want("the beginning", jane.patch(key, content, 0, kept), http.StatusAccepted)

	stone := filepath.Join(under, "ballast")
	ballast(t, stone)
	jane.trouble = true
	got := jane.patch(key, content, kept, size)
	jane.want("a PATCH whose sync fails", got, http.StatusServiceUnavailable, http.StatusInsufficientStorage)
	if at := jane.stand(key); got.offset() != kept || at != kept {
		t.Errorf("got offset %d, and %d when asked, want the durable %d", got.offset(), at, kept)
	}
	jane.want("health", jane.ask(http.MethodGet, "/healthz", nil, nil), http.StatusOK)

	if err := os.Remove(stone); err != nil {
		t.Fatal(err)
	}
	remount(t, under, "size=128m")
	jane.recovers()
	jane.finish(key, content)
	child.Kill()
	wantTidyBlobs(t, child.Data, filepath.Join(blobs, "blobs"))
}

// ballast fills the file system of a new file.
func ballast(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for page := make([]byte, 64<<10); len(page) > 0; {
		if _, err := f.Write(page); errors.Is(err, syscall.ENOSPC) {
			page = page[:len(page)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
