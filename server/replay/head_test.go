package replay_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"cameo/server/replay"
)

const plain = "GET /v1/communities/1/photos/abc/128?r=2 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Mozilla/5.0 (X11)\r\n" +
	"Accept: image/avif,image/webp,*/*;q=0.8\r\nAccept-Encoding: gzip, br\r\nCookie: a=b; c=\"d\"\r\nConnection: keep-alive\r\n\r\n"

func TestHeads(t *testing.T) {
	t.Parallel()
	with := func(line string) string { return strings.Replace(plain, "\r\n\r\n", "\r\n"+line+"\r\n\r\n", 1) }
	for name, head := range map[string]string{
		"as browsers send it": plain,
		"IPv6":                strings.Replace(plain, "127.0.0.1:8080", "[::1]:8080", 1),
		"what is known":       with("If-None-Match: \"a\""),
		"by way of a proxy":   with("X-Forwarded-For: 192.0.2.1, 10.0.0.1"),
		"an empty one":        with("If-None-Match:"),
		"names in any case":   strings.Replace(plain, "Host", "hOsT", 1),
	} {
		if _, _, _, _, ok := replay.Parsed([]byte(head)); !ok {
			t.Errorf("%s: it is not recognised", name)
		}
	}
	for name, head := range map[string]string{
		"nothing":              "",
		"its end is to come":   plain[:len(plain)-1],
		"more behind it":       plain + "G",
		"twice":                plain + plain,
		"HEAD":                 "HEAD" + plain[3:],
		"a lower get":          "get" + plain[3:],
		"HTTP/1.0":             strings.Replace(plain, "1.1", "1.0", 1),
		"HTTP/2's beginning":   "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"another form of URL":  strings.Replace(plain, "/v1", "http://cameo.test/v1", 1),
		"a blank in it":        strings.Replace(plain, "/abc", "/a bc", 1),
		"a byte in it":         strings.Replace(plain, "/abc", "/a\x80bc", 1),
		"no Host":              strings.Replace(plain, "Host", "Most", 1),
		"two Hosts":            with("Host: b"),
		"an empty Host":        strings.Replace(plain, "127.0.0.1:8080", "", 1),
		"a Host that is none":  strings.Replace(plain, "127.0.0.1:8080", "a/b", 1),
		"LF alone":             strings.ReplaceAll(plain, "\r\n", "\n"),
		"CR in a line":         with("A: b\rc"),
		"NUL in a line":        with("A: b\x00c"),
		"folded":               with("A: b\r\n c"),
		"a blank before colon": with("A : b"),
		"no colon":             with("A"),
		"no name":              with(": b"),
		"two Accepts":          with("Accept: */*"),
		"an empty one, again":  with("If-None-Match:\r\nIf-None-Match: a"),
		"a body":               with("Content-Length: 0"),
		"chunks":               with("transfer-encoding: chunked"),
		"the end":              with("Connection: close"),
		"another protocol":     with("Upgrade: h2c"),
		"Expect":               with("Expect: 100-continue"),
		"a range":              with("Range: bytes=0-1"),
		"a time":               with("If-Modified-Since: Sun, 22 Nov 2026 00:00:00 GMT"),
		"another site":         with("Origin: https://www.example.org"),
	} {
		if _, _, _, _, ok := replay.Parsed([]byte(head)); ok {
			t.Errorf("%s: it is recognised", name)
		}
	}
}

// FuzzHead holds every head that is recognised against what net/http makes of it: it is one GET, nothing of the bytes is
// left, nothing follows that belongs to it, and its key is the same.
func FuzzHead(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"a\", \"b\"\r\nAccept: */*\r\nX-Forwarded-For: ::1\r\n\r\n"))
	f.Add([]byte("GET /a?b=%20c HTTP/1.1\r\nhost:[::1]:80\r\nTE: trailers\r\nRange: bytes=1-\r\n\r\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		_, accept, noneMatch, forwarded, ok := replay.Parsed(head)
		if !ok {
			return
		}
		from := bufio.NewReader(bytes.NewReader(head))
		r, err := http.ReadRequest(from)
		if err != nil {
			t.Fatalf("net/http refuses %q: %v", head, err)
		}
		if rest, _ := io.ReadAll(from); len(rest) > 0 {
			t.Errorf("%q is left of %q", rest, head)
		}
		if r.Method != http.MethodGet || r.ProtoMinor != 1 || r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Close || r.Host == "" {
			t.Errorf("net/http reads %+v", r)
		}
		for name, got := range map[string]string{"Accept": accept, "If-None-Match": noneMatch, "X-Forwarded-For": forwarded} {
			if all := r.Header.Values(name); len(all) > 1 || r.Header.Get(name) != got {
				t.Errorf("%s is %q, and net/http reads %q", name, got, all)
			}
		}
		ours, theirs, short, also := replay.Keys(head, r)
		if short != also || ours != theirs {
			t.Errorf("the key is %q, %v, and of what net/http reads %q, %v", ours, short, theirs, also)
		}
	})
}
