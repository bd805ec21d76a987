package resumable_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage"
)

const (
	uploads = "/v1/communities/1/uploads"
	patch   = "Content-Type: application/partial-upload"
)

// instance is the whole program, as one test sees it.
type instance struct {
	*servertest.Instance
	t *testing.T
}

// line is a request that is being sent.
type line struct {
	net.Conn
	t    *testing.T
	from *bufio.Reader
}

func (i *instance) begin(as, method, at string, body []byte, head ...string) *line {
	i.t.Helper()
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(i.URL, "http://"), 5*time.Second)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n%s",
		method, at, i.Token(servertest.Person(as)), strings.Join(head, "\r\n"), body)
	return &line{c, i.t, bufio.NewReader(c)}
}

// localize makes of the address that an answer tells, which must be a whole one, a path. Igloo's is one already.
func (l *line) localize(got *http.Response) {
	l.t.Helper()
	at := got.Header.Get("Location")
	if at == "" || strings.HasPrefix(at, "/.api2/") {
		return
	}
	path, ok := strings.CutPrefix(at, "http://x/")
	if !ok {
		l.t.Errorf("got Location %s, want http://x/…", at)
	}
	got.Header.Set("Location", "/"+path)
}

// hear reads the final answer, with its body, and the interim ones before it.
func (l *line) hear(method string) (final *http.Response, before []*http.Response) {
	l.t.Helper()
	for {
		got, err := http.ReadResponse(l.from, &http.Request{Method: method})
		if err != nil {
			l.t.Fatal(err)
		}
		l.localize(got)
		if got.StatusCode >= 200 {
			text, err := io.ReadAll(got.Body)
			if err != nil {
				l.t.Fatal(err)
			}
			got.Body = io.NopCloser(bytes.NewReader(text))
			return got, before
		}
		before = append(before, got)
	}
}

func (i *instance) want(status int, as, method, at string, body []byte, head ...string) *http.Response {
	i.t.Helper()
	head = append(head, fmt.Sprintf("Content-Length: %d", len(body)))
	got, _ := i.begin(as, method, at, body, head...).hear(method)
	if got.StatusCode != status {
		i.t.Fatalf("%s %v: got %s, want %d", method, head, got.Status, status)
	}
	return got
}

func (i *instance) wantFile(at string, want []byte) {
	i.t.Helper()
	u, err := i.Engine().Find(i.t.Context(), storage.ID{Community: 1, Key: storage.Key(path.Base(at))})
	if err != nil {
		i.t.Fatal(err)
	}
	from, err := i.Engine().Open(i.t.Context(), u, 0, u.Length)
	if err != nil {
		i.t.Fatalf("%v at %d: %v", u.State, u.Offset, err)
	}
	defer from.Close()
	if got, err := io.ReadAll(from); err != nil || !bytes.Equal(got, want) {
		i.t.Errorf("got %d other bytes (%v)", len(got), err)
	}
}

func sum(b []byte) string {
	all := sha256.Sum256(b)
	return "Repr-Digest: sha-256=:" + base64.StdEncoding.EncodeToString(all[:]) + ":"
}

func TestTheDraftsMusts(t *testing.T) {
	t.Parallel()
	i, data := &instance{servertest.Start(t), t}, servertest.Picture("me", 1000)
	png, last, not := "Content-Type: image/png", "Upload-Complete: ?1", "Upload-Complete: ?0"
	at := i.want(201, "jane", "POST", uploads, nil, png, not, sum(data)).Header.Get("Location")
	i.want(400, "jane", "PATCH", at, data, patch, last)
	i.want(400, "jane", "PATCH", at, data, patch, "Upload-Offset: 0")
	i.want(415, "jane", "PATCH", at, data, png, last, "Upload-Offset: 0")
	i.want(404, "john", "PATCH", at, data, patch, last, "Upload-Offset: 0")
	i.want(204, "jane", "PATCH", at, data[:400], patch, not, "Upload-Offset: 0")
	if got := i.want(409, "jane", "PATCH", at, data, patch, last, "Upload-Offset: 0"); got.Header.Get("Upload-Offset") != "400" {
		t.Errorf("got offset %s, want 400", got.Header.Get("Upload-Offset"))
	}
	i.want(400, "jane", "PATCH", at, data[400:], patch, last, "Upload-Offset: 400", "Upload-Length: 5000")
	i.want(200, "jane", "PATCH", at, data[400:], patch, last, "Upload-Offset: 400")
	i.want(400, "jane", "PATCH", at, data[:1], patch, last, "Upload-Offset: 1000")
	i.want(200, "jane", "PATCH", at, nil, patch, last, "Upload-Offset: 1000")
	i.wantFile(at, data)
	i.want(400, "jane", "POST", uploads, data, png, last, sum(data[1:]))
	i.want(403, "jane", "POST", uploads+"?type=ProfilePhoto&objectId="+string(servertest.Person("john")), data, png, last)
}

// A foreign question ends nothing; the uploader's does, and the offset told is good for the next request.
func TestANewerRequestEndsTheOlder(t *testing.T) {
	t.Parallel()
	i, data := &instance{servertest.Start(t), t}, servertest.Picture("me", 1000)
	for version, word := range map[string]string{"3": "Upload-Incomplete: ?0", "6": "Upload-Complete: ?1", "9": "Upload-Complete: ?1"} {
		named := "Upload-Draft-Interop-Version: " + version
		l := i.begin("jane", "POST", uploads, data[:300], named, word, "Content-Type: image/png", "Content-Length: 1000")
		first, err := http.ReadResponse(l.from, nil)
		if err != nil || first.StatusCode != 104 || first.Header.Get("Upload-Draft-Interop-Version") != version {
			t.Fatalf("%s: got %v, %v, want a 104", version, first, err)
		}
		l.localize(first)
		at := first.Header.Get("Location")
		time.Sleep(200 * time.Millisecond) // nothing tells from outside when it has been read
		i.want(404, "john", "HEAD", at, nil)
		if got := i.want(204, "jane", "HEAD", at, nil, named); got.Header.Get("Upload-Offset") != "300" {
			t.Errorf("%s: got offset %s, want 300", version, got.Header.Get("Upload-Offset"))
		}
		if old, _ := l.hear("POST"); old.StatusCode != http.StatusConflict {
			t.Errorf("the older got %s", old.Status)
		}
		i.want(200, "jane", "PATCH", at, data[300:], named, word, patch, "Upload-Offset: 300")
		i.wantFile(at, data)
	}
}

// Without a version that the server speaks there is no 104; a body without a length ends the upload by its own end.
func TestBodiesWithoutALength(t *testing.T) {
	t.Parallel()
	i, data := &instance{servertest.Start(t), t}, servertest.Picture("me", 1000)
	for _, version := range []string{"2", "10", "six"} {
		got, before := i.begin("jane", "POST", uploads, fmt.Appendf(nil, "3e8\r\n%s\r\n0\r\n\r\n", data), "Content-Type: image/png",
			"Upload-Complete: ?1", "Transfer-Encoding: chunked", "Upload-Draft-Interop-Version: "+version).hear("POST")
		if got.StatusCode != 201 || len(before) > 0 {
			t.Fatalf("%s: got %s after %d interim answers", version, got.Status, len(before))
		}
		i.wantFile(got.Header.Get("Location"), data)
	}
}
