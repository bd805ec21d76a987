package tus_test

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

func (i *instance) id(at string) storage.ID {
	return storage.ID{Community: 1, Key: storage.Key(key(at))}
}

// hang begins a PATCH, sends a part of its body and then nothing more. It returns when the server has it.
func (i *instance) hang(at string, offset int, all, some []byte) net.Conn {
	i.t.Helper()
	c := i.dial()
	i.write(c, request{method: "PATCH", path: at, head: []string{
		octets, fmt.Sprint("Upload-Offset: ", offset), fmt.Sprint("Content-Length: ", len(all)), "Expect: 100-continue",
	}, body: nil})
	line := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := c.Read(line); err != nil || string(line[9:12]) != "100" {
		i.t.Fatalf("got %q, %v, want 100 Continue", line, err)
	}
	if _, err := c.Write(some); err != nil {
		i.t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // nothing tells from outside when the bytes have been read
	return c
}

// R21: a HEAD or a PATCH takes over from a PATCH that hangs; nobody is told that the upload is locked.
func TestTakeover(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	t.Run("by HEAD", func(t *testing.T) {
		t.Parallel()
		i := i.in(t)
		at := i.create(size)
		old := i.hang(at, 0, data, data[:1000])
		begin := time.Now()
		i.wantOffset(at, 1000)
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("took %s", took)
		}
		if got := i.read(old, http.MethodPatch); got.StatusCode != 409 {
			t.Errorf("the old one: got %v", got)
		}
		if got := i.patch(at, 1000, data[1000:]); got.StatusCode != 204 {
			t.Errorf("got %v", got)
		}
		i.wantFile(at, data)
	})
	t.Run("by PATCH", func(t *testing.T) {
		t.Parallel()
		i := i.in(t)
		at := i.create(size)
		i.patch(at, 0, data[:500])
		old := i.hang(at, 500, data[500:], make([]byte, 700)) // its bytes must not stay
		if got := i.patch(at, 500, data[500:]); got.StatusCode != 204 {
			t.Errorf("got %v", got)
		}
		if got := i.read(old, http.MethodPatch); got.StatusCode < 400 {
			t.Errorf("the old one: got %v", got)
		}
		i.wantFile(at, data)
	})
	t.Run("by DELETE", func(t *testing.T) {
		t.Parallel()
		i := i.in(t)
		at := i.create(size)
		old := i.hang(at, 0, data, data[:1000])
		i.want(204, request{method: "DELETE", path: at})
		if got := i.read(old, http.MethodPatch); got.StatusCode < 400 {
			t.Errorf("the old one: got %v", got)
		}
		i.want(410, request{method: "HEAD", path: at})
	})
	t.Run("not by an administrator's HEAD, nor by a download", func(t *testing.T) {
		t.Parallel()
		i := i.in(t)
		at := i.create(size)
		old := i.hang(at, 0, data, data[:1000])
		i.want(200, request{method: "HEAD", path: at, as: "admin"})
		i.want(404, request{method: "GET", path: at})
		i.want(404, request{method: "HEAD", path: at, as: "john"})
		if _, err := old.Write(data[1000:]); err != nil {
			t.Fatal(err)
		}
		if got := i.read(old, http.MethodPatch); got.StatusCode != 204 {
			t.Errorf("got %v", got)
		}
		i.wantFile(at, data)
	})
}

// R19: a line that breaks loses nothing of what had arrived.
func TestAResetLine(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	at := i.create(size)
	old := i.hang(at, 0, data, data[:1234])
	tcp, ok := old.(*net.TCPConn)
	if !ok || tcp.SetLinger(0) != nil || tcp.Close() != nil {
		t.Fatal("the line cannot be reset")
	}
	i.wantOffset(at, 1234)
	i.patch(at, 1234, data[1234:])
	i.wantFile(at, data)
}

// A chunked body that is cut is not taken for whole: its length is nowhere else.
func TestACutChunkedBody(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	got := i.want(201, request{method: "POST", path: uploads, head: []string{"Upload-Defer-Length: 1", pngMeta}})
	at := got.Header.Get("Location")
	c := i.dial()
	i.write(c, request{method: "PATCH", path: at, body: chunked(data[:1000], "")[:600], head: []string{
		octets, "Upload-Offset: 0", "Transfer-Encoding: chunked", fmt.Sprint("Upload-Length: ", size),
	}})
	if tcp, ok := c.(*net.TCPConn); !ok || tcp.CloseWrite() != nil {
		t.Fatal("the line cannot be cut")
	}
	if got := i.read(c, http.MethodPatch); got.StatusCode < 400 {
		t.Errorf("got %v", got)
	}
	head := i.want(200, request{method: "HEAD", path: at})
	var have int
	if _, err := fmt.Sscan(head.Header.Get("Upload-Offset"), &have); err != nil || have < 500 || have > 600 {
		t.Fatalf("got %v", head)
	}
	i.patch(at, have, data[have:])
	i.wantFile(at, data)
}

// R20: a client that falls silent is cut off, not answered with success, and its bytes are kept.
func TestASilentClient(t *testing.T) {
	t.Parallel()
	i := start(t, servertest.Configured(func(c *boot.Config) { c.IdleTimeout = boot.Duration(time.Second) }))
	data := picture("me")
	at := i.create(size)
	old := i.hang(at, 0, data, data[:1000])
	if got := i.read(old, http.MethodPatch); got.StatusCode != 409 {
		t.Errorf("got %v", got)
	}
	i.wantOffset(at, 1000)
	i.patch(at, 1000, data[1000:])
	i.wantFile(at, data)
}

// What headers can tell is judged before a client is asked for its bytes.
func TestExpect(t *testing.T) {
	t.Parallel()
	i := start(t)
	at := i.create(size)
	expect := "Expect: 100-continue"
	for name, r := range map[string]request{
		"wrong offset":   {method: "PATCH", path: at, head: []string{octets, "Upload-Offset: 7", expect, "Content-Length: 9"}},
		"too long":       {method: "PATCH", path: at, head: []string{octets, "Upload-Offset: 0", expect, "Content-Length: 9999"}},
		"wrong checksum": {method: "PATCH", path: at, head: []string{octets, "Upload-Offset: 0", expect, "Content-Length: 9", "Upload-Checksum: md4 YQ=="}},
		"no session":     {method: "PATCH", path: at, as: "-", head: []string{octets, "Upload-Offset: 0", expect, "Content-Length: 9"}},
		"no picture":     {method: "POST", path: uploads, head: []string{octets, "Upload-Length: 9", expect, "Content-Length: 9", meta("filename", "a.pdf")}},
	} {
		if got := i.send(r); got.asked || got.StatusCode < 400 {
			t.Errorf("%s: asked is %v: %v", name, got.asked, got)
		}
	}
	i.wantOffset(at, 0)
}

// What the library starts for a request ends with it.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	at := i.create(size)
	before := runtime.NumGoroutine()
	for n := range 300 {
		i.patch(at, n, data[n:n+1])
	}
	for until := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+100 && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before+100 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}
