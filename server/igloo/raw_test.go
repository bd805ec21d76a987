package igloo_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
)

// Row 17: what arrived of a body that was cut stays, and it is never complete.
func TestACutBodyKeepsWhatArrived(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	b := servertest.Picture("me", size)
	key := i.create(size, "image/png")
	for _, c := range []struct {
		name   string
		end    func(net.Conn) error
		answer bool // the connection still stands, and can bring an answer
		offset int
	}{
		{"half closed", func(c net.Conn) error { return c.(*net.TCPConn).CloseWrite() }, true, 300},
		{"closed", net.Conn.Close, false, 600},
		{"reset", func(c net.Conn) error {
			return hangUp(c.(*net.TCPConn))
		}, false, 900},
	} {
		conn, at := i.dial(), c.offset-300
		head := i.head(request{method: "PATCH", path: attachments + "/uploads/" + key, as: jane, head: []string{
			"Content-Type: image/png", fmt.Sprintf("Content-Range: bytes %d-999/1000", at), fmt.Sprintf("Content-Length: %d", size-at),
		}})
		if _, err := io.WriteString(conn, head+"\r\n"+string(b[at:c.offset])); err != nil {
			t.Fatal(err)
		}
		if !c.answer {
			pause() // a reset throws away what the server has not read
		}
		if err := c.end(conn); err != nil {
			t.Fatal(err)
		}
		if c.answer {
			got := i.read(conn, "PATCH")
			wantStatus(t, got, http.StatusBadRequest)
			wantProgress(t, got, c.offset)
		}
		i.settles(key, c.name, c.offset)
	}
	if got := i.patch(key, b, 900, size); got.StatusCode != http.StatusOK {
		t.Errorf("the rest: got %s, want 200: %s", got.Status, got.body)
	}
}

func hangUp(c *net.TCPConn) error {
	if err := c.SetLinger(0); err != nil {
		return err
	}
	return c.Close()
}

// pause gives the server a moment to read what was sent; nothing tells from outside when it has.
func pause() { time.Sleep(150 * time.Millisecond) }

// settles asks as the uploader until the offset is there.
func (i *instance) settles(key, name string, offset int) {
	i.t.Helper()
	want := fmt.Sprint(offset)
	deadline := time.Now().Add(5 * time.Second)
	for {
		got := i.send(request{method: "HEAD", path: attachments + "/uploads/" + key, as: jane}).Header.Get("Upload-Offset")
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			i.t.Fatalf("%s: Upload-Offset: got %s, want %s", name, got, want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Row 10: the uploader's question ends a running PATCH with what has arrived; an observer's GET does not.
func TestOnlyTheUploadersQuestionSettles(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	b := servertest.Picture("me", size)
	key := i.create(size, "image/png")
	entry := attachments + "/uploads/" + key
	conn := i.dial()
	head := i.head(request{method: "PATCH", path: entry, as: jane, head: []string{
		"Content-Type: image/png", "Content-Range: bytes 0-999/1000", "Content-Length: 1000",
	}})
	if _, err := io.WriteString(conn, head+"\r\n"+string(b[:300])); err != nil {
		t.Fatal(err)
	}
	pause()
	wantProgress(t, i.send(request{method: "GET", path: entry, as: jane}), 0)
	wantProgress(t, i.send(request{method: "HEAD", path: entry, as: admin}), 0)
	wantProgress(t, i.send(request{method: "HEAD", path: attachments + "/" + key, as: jane}), 0)
	wantProgress(t, i.send(request{method: "PATCH", path: entry, as: jane, head: []string{"Content-Range: bytes */*"}}), 300)
	wantStatus(t, i.read(conn, "PATCH"), http.StatusConflict)
	wantStatus(t, i.patch(key, b, 300, size), http.StatusOK)
}

// Row 10: over HTTP/2 only its end tells that a query of unknown length has no body.
func TestQueriesWithoutLengthOverHTTP2(t *testing.T) {
	t.Parallel()
	i := start(t, withTLS(t))
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"no byte", "", http.StatusAccepted},
		{"one byte", "x", http.StatusBadRequest},
	} {
		key := i.createBy(t, client())
		req, err := http.NewRequestWithContext(t.Context(), "PATCH", i.URL+attachments+"/uploads/"+key, io.MultiReader(strings.NewReader(c.body)))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = -1
		req.Header.Set("Authorization", "Bearer "+i.token(jane))
		req.Header.Set("Content-Range", "bytes */1000")
		got, err := client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.ProtoMajor != 2 || got.StatusCode != c.status {
			t.Errorf("%s: got %s %s, want HTTP/2 %d", c.name, got.Proto, got.Status, c.status)
		}
	}
}

// Row 9: over HTTP/2 the range alone says how long the body is, and it must be right.
func TestBodiesWithoutLengthOverHTTP2(t *testing.T) {
	t.Parallel()
	i := start(t, withTLS(t))
	b := servertest.Picture("me", size)
	for _, c := range []struct {
		name   string
		sent   int
		status int
		kept   int64 // at most
	}{
		{"as long as the range", 40, 202, 40},
		{"shorter", 30, 400, 30},
		{"longer", 50, 400, 40},
	} {
		key := i.createBy(t, client())
		req, err := http.NewRequestWithContext(t.Context(), "PATCH", i.URL+attachments+"/uploads/"+key, io.MultiReader(strings.NewReader(string(b[:c.sent]))))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+i.token(jane))
		req.Header.Set("Content-Type", "image/png")
		req.Header.Set("Content-Range", "bytes 0-39/1000")
		got, err := client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.ProtoMajor != 2 || got.StatusCode != c.status {
			t.Errorf("%s: got %s %s, want HTTP/2 %d", c.name, got.Proto, got.Status, c.status)
		}
		kept, err := strconv.ParseInt(got.Header.Get("Upload-Offset"), 10, 64)
		if err != nil || kept > c.kept || c.status == http.StatusAccepted && kept != c.kept {
			t.Errorf("%s: Upload-Offset: got %d (%v), want %d at most", c.name, kept, err, c.kept)
		}
	}
}

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a certificate of the test's own
	}}
}

// A01 and A02: lengths that lie. Nothing beyond the range is kept, and the connection is not used again
// when bytes may be left on it.
func TestLyingLengths(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	b := servertest.Picture("me", size)
	patch := func(key string, head ...string) string {
		return i.head(request{method: "PATCH", path: attachments + "/uploads/" + key, as: jane, head: append(head, "Content-Type: image/png")}) + "\r\n"
	}
	t.Run("a body that goes on behind its length is no second request's head", func(t *testing.T) {
		key := i.create(size, "image/png")
		conn := i.dial()
		text := patch(key, "Content-Range: bytes 0-39/1000", "Content-Length: 40") + string(b[:100])
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		got := i.read(conn, "PATCH")
		wantStatus(t, got, http.StatusAccepted)
		wantProgress(t, got, 40)
		i.settles(key, "afterwards", 40)
	})
	t.Run("a refused large body is not waited for", func(t *testing.T) {
		key := i.create(size, "image/png")
		conn := i.dial()
		text := patch(key, "Content-Range: bytes 0-999/1000", "Content-Length: 500000000") + string(b)
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		got := i.read(conn, "PATCH")
		wantStatus(t, got, http.StatusBadRequest)
		if !got.Close {
			t.Error("the connection stays open although 500 MB are announced on it")
		}
		i.settles(key, "afterwards", 0)
	})
	t.Run("length and chunks at once", func(t *testing.T) {
		key := i.create(size, "image/png")
		conn := i.dial()
		text := patch(key, "Content-Range: bytes 0-39/1000", "Content-Length: 40", "Transfer-Encoding: chunked") + "0\r\n\r\n"
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if got := i.read(conn, "PATCH"); got.StatusCode != http.StatusBadRequest {
			t.Errorf("got %s, want 400", got.Status)
		}
		i.settles(key, "afterwards", 0)
	})
}

// Who asks before sending a body is told to go on only when it is wanted; rows 12 and 16 want it for comparing.
func TestAWantedBodyIsAskedFor(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	b := servertest.Picture("me", size)
	key := i.create(size, "image/png")
	for _, c := range []struct {
		name, extent string
		from, to     int
		status       int
	}{
		{"first chunk", "bytes 0-39/1000", 0, 40, 202},
		{"exact repeat", "bytes 0-39/1000", 0, 40, 202},
		{"repeat with other bytes", "bytes 0-39/1000", 40, 80, 409},
		{"the rest", "bytes 40-999/1000", 40, size, 200},
		{"the rest again", "bytes 40-999/1000", 40, size, 200},
	} {
		conn := i.dial()
		head := i.head(request{method: "PATCH", path: attachments + "/uploads/" + key, as: jane, head: []string{
			"Expect: 100-continue", "Content-Type: image/png", "Content-Range: " + c.extent, fmt.Sprintf("Content-Length: %d", c.to-c.from),
		}})
		if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
			t.Fatal(err)
		}
		asked := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
		if _, err := io.ReadFull(conn, asked); err != nil || !strings.HasPrefix(string(asked), "HTTP/1.1 100 ") {
			t.Fatalf("%s: got %q, %v, want 100 Continue", c.name, asked, err)
		}
		if _, err := conn.Write(b[c.from:c.to]); err != nil {
			t.Fatal(err)
		}
		if got := i.read(conn, "PATCH"); got.StatusCode != c.status {
			t.Errorf("%s: got %s, want %d", c.name, got.Status, c.status)
		}
	}
}

// A refused body is waited for only a while: a client that announces bytes and sends none does not hold the connection.
func TestARefusedBodyIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	key := i.create(size, "image/png")
	conn := i.dial()
	head := i.head(request{method: "PATCH", path: attachments + "/uploads/" + key, as: jane, head: []string{"Content-Length: 1000"}})
	if _, err := io.WriteString(conn, head+"\r\nonly this"); err != nil {
		t.Fatal(err)
	}
	got := i.read(conn, "PATCH")
	wantStatus(t, got, http.StatusBadRequest)
	if !got.Close {
		t.Error("the connection stays open although the rest of a body may follow on it")
	}
}
