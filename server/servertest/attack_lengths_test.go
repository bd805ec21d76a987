package servertest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// A01: more than was declared, and more than is allowed.
func TestA01Oversize(t *testing.T) {
	t.Parallel()
	const limit, size = mebibyte, 1000
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxSize = limit }))
	jane, content := callInstance(t, i), servertest.Picture("me.png", size)
	for _, n := range []int64{limit + 1, 1 << 40, 1 << 62} {
		jane.want(fmt.Sprintf("an entry of %d bytes", n), jane.declare("me.png", "image/png", n), http.StatusRequestEntityTooLarge)
	}
	jane.want("the largest entry", jane.declare("me.png", "image/png", limit), http.StatusCreated)

	key := jane.create(size)
	more := append(append([]byte{}, content...), content...)
	for name, r := range map[string]string{
		"a range beyond the length":     fmt.Sprintf("bytes 0-%d/*", len(more)-1),
		"a range that begins behind it": fmt.Sprintf("bytes %d-%d/*", size, size+len(more)-1),
	} {
		h := http.Header{"Content-Type": {"image/png"}, "Content-Range": {r}}
		got := jane.want(name, jane.ask(http.MethodPatch, entry(key), h, more), http.StatusRequestedRangeNotSatisfiable)
		if got.offset() != 0 || got.header.Get("Content-Range") != "bytes */1000" {
			t.Errorf("%s: got %v, want offset 0 and Content-Range bytes */1000", name, got)
		}
	}
	wantNoBlobs(t, i)

	l := jane.dial()
	l.say(jane.head(http.MethodPatch, entry(key), "Content-Type: image/png", "Content-Range: bytes 0-499999999/500000000",
		"Content-Length: 500000000") + "\r\n" + strings.Repeat("x", 100_000))
	jane.want("500 MB", l.must(http.MethodPatch), http.StatusBadRequest)
	l.wantClosed(within(8 * time.Second)) // what is left of the body is not waited for any longer
	l = jane.dial()
	l.say(jane.head(http.MethodPost, attachments, "Content-Type: application/json", "Content-Length: 500000000") + "\r\n{")
	jane.want("500 MB of JSON", l.must(http.MethodPost), http.StatusRequestEntityTooLarge)
	l.wantClosed(within(8 * time.Second))
	jane.finish(key, content)
	i.Stop()
	wantTidy(t, i.Data)
}

// wantNoBlobs wants that nothing was stored.
func wantNoBlobs(t *testing.T, i *servertest.Instance) {
	t.Helper()
	if got := blobFiles(t, i.Data+"/blobs"); len(got) > 0 {
		t.Errorf("got the blobs %q, want none", got)
	}
}

// A02: bodies that are not as long as they say. Where it matters how many bytes came, only those count.
func TestA02LyingLengths(t *testing.T) {
	t.Parallel()
	const size = 1000
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxOpen = 0 }))
	jane, content := callInstance(t, i), servertest.Picture("me.png", size)
	some := func(n int) string { return string(content[:n]) }
	for _, c := range []struct {
		name    string
		span    string // of the Content-Range
		headers []string
		body    string
		hangUp  bool // the sending side of the line is closed after the body
		status  int
		offset  int
	}{
		{"short, and the line ends", "0-99", []string{"Content-Length: 100"}, some(60), true, 400, 60},
		{"all but a byte of the whole", "0-999", []string{"Content-Length: 1000"}, some(999), true, 400, 999},
		{"nothing at all", "0-999", []string{"Content-Length: 1000"}, "", true, 400, 0},
		{"long: the rest is no part of it", "0-99", []string{"Content-Length: 100"}, some(160), false, 202, 100},
		{"a length below the range", "0-99", []string{"Content-Length: 60"}, some(60), false, 400, 0},
		{"a length above the range", "0-99", []string{"Content-Length: 160"}, some(160), false, 400, 0},
		{"length 0", "0-99", []string{"Content-Length: 0"}, "", false, 400, 0},
		{"no length", "0-99", nil, "", false, 400, 0},
		{"a negative length", "0-99", []string{"Content-Length: -100"}, some(100), false, 400, 0},
		{"a length with a sign", "0-99", []string{"Content-Length: +100"}, some(100), false, 400, 0},
		{"a length in words", "0-99", []string{"Content-Length: hundred"}, some(100), false, 400, 0},
		{"a length beyond 64 bits", "0-99", []string{"Content-Length: 18446744073709551716"}, some(100), false, 400, 0},
		{"two lengths in one", "0-99", []string{"Content-Length: 100, 100"}, some(100), false, 400, 0},
		{"chunked", "0-99", []string{"Transfer-Encoding: chunked"}, "64\r\n" + some(100) + "\r\n0\r\n\r\n", false, 411, 0},
		{"chunked and cut", "0-99", []string{"Transfer-Encoding: chunked"}, "64\r\n" + some(60), true, 411, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			jane := *jane
			jane.t = t
			key := jane.create(size)
			l := jane.dial()
			headers := append([]string{"Content-Type: image/png", "Content-Range: bytes " + c.span + "/1000"}, c.headers...)
			l.say(jane.head(http.MethodPatch, entry(key), headers...) + "\r\n" + c.body)
			if c.hangUp {
				if err := l.CloseWrite(); err != nil {
					t.Fatal(err)
				}
			}
			got := l.must(http.MethodPatch)
			jane.wantDiscreet(c.name, got)
			jane.want(c.name, got, c.status)
			if at := jane.stand(key); at != c.offset {
				t.Errorf("got offset %d, want %d: %v", at, c.offset, got)
			}
			jane.finish(key, content)
		})
	}
}

// A04: requests that two machines could read in two ways, and methods in disguise.
func TestA04Smuggling(t *testing.T) {
	t.Parallel()
	const size, inner = 1000, "GET /healthz HTTP/1.1\r\nHost: cameo.test\r\n\r\n"
	i := servertest.Start(t)
	jane, content := callInstance(t, i), servertest.Picture("me.png", size)
	key := jane.create(size)
	length := fmt.Sprintf("Content-Length: %d", len(inner))
	for name, headers := range map[string][]string{
		"length and chunks":          {length, "Transfer-Encoding: chunked"},
		"chunks and length":          {"Transfer-Encoding: chunked", length},
		"two lengths that differ":    {length, "Content-Length: 0"},
		"two lengths that are equal": {length, length},
		"two codings":                {"Transfer-Encoding: chunked", "Transfer-Encoding: identity"},
		"an unknown coding":          {"Transfer-Encoding: xchunked"},
		"a space before the colon":   {"Content-Length : " + fmt.Sprint(len(inner))},
		"a folded line":              {"X-Folded: a", " " + length},
		"a NUL in a value":           {"X-Nul: a\x00b", length},
		"a bare CR in a value":       {"X-Bare: a\rTransfer-Encoding: chunked", length},
		"a bare LF in a value":       {"X-Bare: a\nTransfer-Encoding: chunked", length},
	} {
		wantOneRefusal(t, jane, name, jane.head(http.MethodPost, attachments, headers...)+"\r\n"+inner, 400, 501)
	}
	lines := jane.head(http.MethodPost, attachments, length) + "\r\n"
	wantOneRefusal(t, jane, "lines that end in LF alone", strings.ReplaceAll(lines, "\r\n", "\n")+inner, 400)
	wantOneRefusal(t, jane, "TRACE", jane.head(http.MethodTrace, "/healthz")+"\r\n"+inner, 405)
	l := jane.dial()
	l.say(jane.head(http.MethodConnect, "cameo.test:443") + "\r\n")
	jane.want("CONNECT", l.must(http.MethodConnect), http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed)

	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		h := http.Header{header: {http.MethodDelete}}
		jane.want("a GET that says it is a DELETE", jane.ask(http.MethodGet, entry(key), h, nil), http.StatusOK)
		h = http.Header{header: {http.MethodGet}}
		jane.want("a POST that says it is a GET", jane.ask(http.MethodPost, entry(key), h, nil), http.StatusMethodNotAllowed)
		jane.want("the same in the query", jane.ask(http.MethodGet, entry(key)+"?_method=DELETE", nil, nil), http.StatusOK)
	}
	jane.finish(key, content)
}

// wantOneRefusal wants text to be refused with one answer and the line to be closed: what comes behind is no
// second request.
func wantOneRefusal(t *testing.T, jane *caller, name, text string, statuses ...int) {
	t.Helper()
	l := jane.dial()
	l.say(text)
	got := l.must(http.MethodPost)
	if jane.want(name, got, statuses...); got.status != http.StatusNotImplemented {
		jane.wantDiscreet(name, got)
	}
	if second, err := l.hear(http.MethodGet); err == nil {
		t.Errorf("%s: what came behind was answered too: %v", name, second)
	} else if !broken(err) {
		t.Errorf("%s: the line stands: %v", name, err)
	}
}
