package salesforce_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// Pictures, in bytes: one that no instance takes, and nearly the largest that one can be told to take.
const (
	huge  = 1_900_000_000
	large = 1_000_000_000
)

// dialled is a connection over which a picture of so many bytes is declared for jane's photo.
func (c *caller) dialled(length int64) *net.TCPConn {
	c.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.at.URL, "http://"))
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		c.Fatal(err)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: cameo.test\r\nAuthorization: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		photo, c.auth, asParts, length)
	return conn.(*net.TCPConn)
}

// began is the beginning of a body.
func began(t *testing.T) string {
	return "--xyz\r\n" + binaryPart("fileUpload", string(quarters(t, 100, 100)))
}

// answered reads the beginning of an answer.
func (c *caller) answered(conn net.Conn) string {
	c.Helper()
	got, err := io.ReadAll(io.LimitReader(conn, 4096))
	if err != nil && len(got) == 0 {
		c.Fatal(err)
	}
	return string(got)
}

// 1.9 GB that are declared are refused before they come; a body that breaks off leaves nothing.
func TestLargeAndCutBodies(t *testing.T) {
	t.Parallel()
	c := start(t)
	conn := c.dialled(huge)
	io.WriteString(conn, began(t))
	if got := c.answered(conn); !strings.HasPrefix(got, "HTTP/1.1 413 ") || !strings.Contains(got, "STORAGE_LIMIT_EXCEEDED") {
		t.Errorf("1.9 GB: got %.200s", got)
	}
	conn = c.dialled(10_000_000)
	io.WriteString(conn, began(t))
	conn.CloseWrite()
	if got := c.answered(conn); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("cut: got %.200s", got)
	}
	if v := c.version(photo); v != "" {
		t.Errorf("got the version %s, want none", v)
	}
}

// A body that tells no length is refused once it is too long, and the photo stays.
func TestALargeBodyWithoutALength(t *testing.T) {
	t.Parallel()
	c := start(t, servertest.Configured(func(cfg *boot.Config) { cfg.MaxPhoto = 1 << 20 }))
	c.post(binaryPart("fileUpload", string(quarters(t, 100, 100))))
	c.ready("jane", "ready")
	before := c.version(photo)
	body := io.MultiReader(strings.NewReader(began(t)), bytes.NewReader(make([]byte, 8<<20)), strings.NewReader("\r\n--xyz--\r\n"))
	c.refused(413, "STORAGE_LIMIT_EXCEEDED", "POST", photo, body, "Content-Type", asParts)
	if v := c.version(photo); v != before {
		t.Errorf("got the version %s, want %s as before", v, before)
	}
	left := c.uploads()
	left = slices.DeleteFunc(left, func(u storage.Upload) bool { return u.State.Ended() })
	if len(left) != 1 || left[0].State != storage.Complete {
		t.Errorf("got the uploads %+v, want the photo's alone", left)
	}
}

// live is how much of the memory is in use, in bytes.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Where a gigabyte is allowed it passes through the memory in pages, and once it is cut nothing of it is left:
// no photo, no upload, no file. It runs alone, so that the memory is its own.
func TestALargeBodyThatIsCut(t *testing.T) { //nolint:paralleltest // the memory of others would count
	c := start(t, servertest.Configured(func(cfg *boot.Config) { cfg.MaxPhoto, cfg.MaxSize = 1<<30, 1<<30 }))
	conn := c.dialled(large)
	const (
		sent = 48 << 20
		page = 1 << 20
		most = 24 << 20
	)
	before := live()
	io.WriteString(conn, began(t))
	for range sent / page {
		if _, err := conn.Write(make([]byte, page)); err != nil {
			t.Fatalf("while the picture comes: %v", err)
		}
	}
	for until := time.Now().Add(time.Minute); c.largest() < sent/2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("got %d bytes on the disk of %d that were sent", c.largest(), sent)
		}
	}
	if more := live() - before; more > most {
		t.Errorf("got %d bytes in memory for %d that were sent, want at most %d", more, sent, most)
	}
	conn.CloseWrite()
	if got := c.answered(conn); !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, "POST_BODY_PARSE_ERROR") {
		t.Errorf("got %.200s", got)
	}
	if v := c.version(photo); v != "" {
		t.Errorf("got the version %s, want none", v)
	}
	left := c.uploads()
	for _, u := range left {
		if !u.State.Ended() {
			t.Errorf("an upload is left: %+v", u)
		}
	}
	if _, err := c.at.Engine().Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := c.largest(); n > page {
		t.Errorf("a file of %d bytes is left", n)
	}
}

// largest is the size of the largest file that holds what was uploaded.
func (c *caller) largest() (n int64) {
	c.Helper()
	err := filepath.WalkDir(c.at.Data, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "cameo.db") {
			return err
		}
		if info, err := d.Info(); err == nil {
			n = max(n, info.Size())
		}
		return nil
	})
	if err != nil {
		c.Fatal(err)
	}
	return n
}
