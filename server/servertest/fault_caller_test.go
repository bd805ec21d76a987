package servertest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
)

const (
	attachments = "/.api2/api/v1/communities/1/attachments"

	mebibyte = 1 << 20
)

// within is a ceiling on what the test does too, three times as high under the race detector. A child is built
// without it: a ceiling on a child alone stays as it is.
func within(d time.Duration) time.Duration { return slack * d }

// wantTook wants something that began then to be over now, within a ceiling.
func wantTook(t *testing.T, what string, begin time.Time, ceiling time.Duration) {
	t.Helper()
	took := time.Since(begin)
	t.Logf("%s: took %s", what, took)
	if took > ceiling {
		t.Errorf("%s: took %s, want %s", what, took, ceiling)
	}
}

// caller is a person who speaks plain HTTP to a server. A refusal that tells of the server's inside (I8), or a
// 5xx that the test does not await, is an error of the test.
type caller struct {
	t       *testing.T
	url     func() string // it changes with a restart
	token   string
	web     *http.Client
	trouble bool // the server is hurt: a 5xx is the right answer
}

// call is jane, who speaks to a child.
func call(t *testing.T, child *servertest.Child) *caller {
	t.Helper()
	return &caller{
		t: t, url: func() string { return child.URL }, web: stranger(t),
		token: child.Token(string(servertest.Person("jane")), false),
	}
}

// callInstance is jane, who speaks to an instance in this process.
func callInstance(t *testing.T, i *servertest.Instance) *caller {
	t.Helper()
	return &caller{
		t: t, url: func() string { return i.URL }, web: stranger(t), token: i.Token(servertest.Person("jane")),
	}
}

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// offset is what the answer says is durable; -1 if it does not.
func (a answer) offset() int {
	n, err := strconv.Atoi(a.header.Get("Upload-Offset"))
	if err != nil {
		return -1
	}
	return n
}

// String is for a test's complaint.
func (a answer) String() string { return fmt.Sprintf("%d %v %.600s", a.status, a.header, a.body) }

// try makes a request that may be broken off. The length is that of the body; below 0 it is unknown.
func (c *caller) try(method, at string, h http.Header, body io.Reader, length int) (answer, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url()+at, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range h {
		r.Header[name] = values
	}
	r.ContentLength = int64(length)
	return c.do(r)
}

// do sends a request, and reads its answer to the end.
func (c *caller) do(r *http.Request) (answer, error) {
	c.t.Helper()
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.web.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	got := answer{resp.StatusCode, resp.Header, text}
	if err == nil {
		c.wantDiscreet(r.Method+" "+r.URL.Path, got)
	}
	return got, err
}

// ask is try for a request that must be answered.
func (c *caller) ask(method, at string, h http.Header, body []byte) answer {
	c.t.Helper()
	got, err := c.try(method, at, h, bytes.NewReader(body), len(body))
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, at, err)
	}
	return got
}

// inside are words that only somebody who sees the server's inside can say.
var inside = []string{
	"/tmp", "/root", "/home", "/blobs", "cameo.db", ".go:", "goroutine", "panic", "sqlite", "select ", "insert ",
	"update ", "errno", "no such file", "input/output", "read-only", "no space",
}

// wantDiscreet is invariant I8.
func (c *caller) wantDiscreet(what string, got answer) {
	c.t.Helper()
	if got.status >= http.StatusInternalServerError && !c.trouble {
		c.t.Errorf("%s: the server blames itself: %v", what, got)
	}
	if got.status < http.StatusBadRequest {
		return
	}
	said := strings.ToLower(string(got.body))
	for _, word := range inside {
		if strings.Contains(said, word) {
			c.t.Errorf("%s: the refusal says %q: %s", what, word, got.body)
		}
	}
	if got.status >= http.StatusInternalServerError && strings.HasPrefix(got.header.Get("Content-Type"), "application/json") &&
		!strings.Contains(said, `"errorid":`) && !strings.Contains(said, `"errorcode":`) && !strings.Contains(said, `"status":`) {
		c.t.Errorf("%s: the failure has no stable code: %s", what, got.body)
	}
}

// want fails the test unless the answer has one of these statuses.
func (c *caller) want(what string, got answer, statuses ...int) answer {
	c.t.Helper()
	for _, s := range statuses {
		if got.status == s {
			return got
		}
	}
	c.t.Fatalf("%s: got %v, want %v", what, got, statuses)
	return got
}

// declare asks for an entry and returns the answer.
func (c *caller) declare(name, kind string, n int64) answer {
	c.t.Helper()
	return c.ask(http.MethodPost, attachments, http.Header{"Content-Type": {"application/json"}}, c.entry(name, kind, n))
}

// entry is the body that asks for one.
func (c *caller) entry(name, kind string, n int64) []byte {
	c.t.Helper()
	text, err := json.Marshal(map[string]any{"Name": name, "ContentType": kind, "ContentLength": n})
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

// create makes an entry for a PNG of n bytes and returns its key.
func (c *caller) create(n int) string {
	c.t.Helper()
	return keyOf(c.want("create", c.declare("me.png", "image/png", int64(n)), http.StatusCreated))
}

func keyOf(created answer) string { return path.Base(created.header.Get("Location")) }

func entry(key string) string { return attachments + "/uploads/" + key }

// ranged are the headers of a PATCH that brings the bytes [from, to) of a PNG of total bytes.
func ranged(from, to, total int) http.Header {
	return http.Header{
		"Content-Type":  {"image/png"},
		"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", from, to-1, total)},
	}
}

// patch sends the bytes [from, to) of content.
func (c *caller) patch(key string, content []byte, from, to int) answer {
	c.t.Helper()
	return c.ask(http.MethodPatch, entry(key), ranged(from, to, len(content)), content[from:to])
}

// stand asks how far the upload has come, as its uploader: a write that is running ends.
func (c *caller) stand(key string) int {
	c.t.Helper()
	h := http.Header{"Content-Range": {"bytes */*"}}
	got := c.want("status", c.ask(http.MethodPatch, entry(key), h, nil), http.StatusOK, http.StatusAccepted)
	return got.offset()
}

// look asks how far the upload has come, as an observer who disturbs nothing.
func (c *caller) look(key string) int {
	c.t.Helper()
	return c.want("look", c.ask(http.MethodGet, entry(key), nil, nil), http.StatusOK).offset()
}

// finish sends what is missing, and wants the whole to come back as it was sent (I2).
func (c *caller) finish(key string, content []byte) {
	c.t.Helper()
	if at := c.stand(key); at < len(content) {
		c.want("the rest", c.patch(key, content, at, len(content)), http.StatusOK)
	}
	c.wantWhole(key, content)
}

// wantWhole is invariant I2.
func (c *caller) wantWhole(key string, content []byte) {
	c.t.Helper()
	got := c.want("download", c.ask(http.MethodGet, "/.api2/binaries/"+key+"/download/me.png", nil, nil), http.StatusOK)
	if sha256.Sum256(got.body) != sha256.Sum256(content) {
		c.t.Fatalf("%s: got %d bytes with another sha256, want the %d sent", key, len(got.body), len(content))
	}
}

// associate makes the upload jane's photo.
func (c *caller) associate(key string) (answer, error) {
	c.t.Helper()
	at := attachments + "/" + key + "/association/" + string(servertest.Person("jane")) + "?type=ProfilePhoto"
	return c.try(http.MethodPost, at, nil, http.NoBody, 0)
}

// picture is the path of jane's photo.
func picture() string {
	return "/v1/communities/1/users/" + string(servertest.Person("jane")) + "/photo"
}

// wantPhoto waits until jane's newest photo is ready.
func (c *caller) wantPhoto() {
	c.t.Helper()
	header := http.Header{"Accept": {"application/json"}}
	for until := time.Now().Add(within(20 * time.Second)); ; time.Sleep(20 * time.Millisecond) {
		got := c.ask(http.MethodGet, picture(), header, nil)
		if bytes.Contains(got.body, []byte(`"state":"ready"`)) {
			return
		}
		if time.Now().After(until) {
			c.t.Fatalf("the photo is not ready: %v", got)
		}
	}
}
