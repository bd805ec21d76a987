package tus_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The MUSTs of the core protocol, one case each.
func TestCore(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	half := func(i *instance) string {
		at := i.create(size)
		if got := i.patch(at, 0, data[:size/2]); got.StatusCode != 204 {
			i.t.Fatalf("got %v", got)
		}
		return at
	}
	for name, check := range map[string]func(i *instance){
		"HEAD tells offset and length, and must not be stored": func(i *instance) {
			got := i.wantOffset(half(i), size/2)
			if got.Header.Get("Upload-Length") != fmt.Sprint(size) || got.Header.Get("Cache-Control") != "no-store" {
				i.t.Errorf("got %v", got)
			}
		},
		"HEAD tells offset 0 too": func(i *instance) { i.wantOffset(i.create(size), 0) },
		"HEAD of what is not there is 404 without an offset": func(i *instance) {
			got := i.want(404, request{method: "HEAD", path: uploads + "0123456789"})
			if _, has := got.Header["Upload-Offset"]; has {
				i.t.Errorf("got %v", got)
			}
		},
		"PATCH at the offset is 204 with the new offset and no body": func(i *instance) {
			got := i.patch(half(i), size/2, data[size/2:])
			if got.StatusCode != 204 || got.Header.Get("Upload-Offset") != fmt.Sprint(size) || got.body != "" {
				i.t.Errorf("got %v", got)
			}
		},
		"PATCH elsewhere is 409 and changes nothing": func(i *instance) {
			at := half(i)
			for _, offset := range []int{0, size/2 - 1, size/2 + 1, size} {
				if got := i.patch(at, offset, data[:10]); got.StatusCode != 409 {
					i.t.Errorf("at %d: got %v", offset, got)
				}
			}
			i.wantOffset(at, size/2)
		},
		"PATCH with another content type is 415": func(i *instance) {
			at := half(i)
			for _, kind := range []string{"X-None: 1", "Content-Type: image/png", "Content-Type: application/octet-stream"} {
				i.want(415, request{method: "PATCH", path: at, body: data[size/2:], head: []string{kind, "Upload-Offset: 1500"}})
			}
			i.wantOffset(at, size/2)
		},
		"PATCH without a good offset is 400": func(i *instance) {
			at := half(i)
			for _, offset := range []string{"X-None: 1", "Upload-Offset: -1", "Upload-Offset: x", "Upload-Offset: 99999999999999999999"} {
				i.want(400, request{method: "PATCH", path: at, body: data[:1], head: []string{octets, offset}})
			}
		},
		"PATCH of what is not there is 404": func(i *instance) {
			if got := i.patch(uploads+"0123456789", 0, data); got.StatusCode != 404 {
				i.t.Errorf("got %v", got)
			}
		},
		"PATCH beyond the length stores nothing": func(i *instance) {
			at := half(i)
			if got := i.patch(at, size/2, data); got.StatusCode != 413 {
				i.t.Errorf("got %v", got)
			}
			i.wantOffset(at, size/2)
		},
		"a chunked body beyond the length is refused": func(i *instance) {
			at := half(i)
			i.want(400, request{method: "PATCH", path: at, body: chunked(data, ""), head: []string{
				octets, "Upload-Offset: 1500", "Transfer-Encoding: chunked",
			}})
			i.wantOffset(at, size/2)
			i.patch(at, size/2, data[size/2:])
			i.wantFile(at, data)
		},
		"PATCH of no bytes is 204": func(i *instance) {
			at := half(i)
			if got := i.patch(at, size/2, nil); got.StatusCode != 204 || got.Header.Get("Upload-Offset") != fmt.Sprint(size/2) {
				i.t.Errorf("got %v", got)
			}
		},
		"another version is 412 and tells ours": func(i *instance) {
			at := half(i)
			for _, r := range []request{
				{method: "PATCH", path: at, bare: true, head: []string{octets, "Upload-Offset: 1500"}},
				{method: "PATCH", path: at, bare: true, head: []string{octets, "Upload-Offset: 1500", "Tus-Resumable: 0.2.2"}},
				{method: "POST", path: uploads, bare: true, head: []string{"Upload-Length: 5", "Tus-Resumable: 2.0.0"}},
				{method: "DELETE", path: at, bare: true},
			} {
				if got := i.want(412, r); got.Header.Get("Tus-Version") != "1.0.0" {
					i.t.Errorf("got %v", got)
				}
			}
			i.wantOffset(at, size/2)
		},
		"every answer tells the version": func(i *instance) {
			at := half(i)
			for _, r := range []request{
				{method: "HEAD", path: at},
				{method: "HEAD", path: uploads + "0123456789"},
				{method: "POST", path: uploads},
				{method: "PATCH", path: at},
				{method: "GET", path: at},
				{method: "DELETE", path: at},
				{method: "POST", path: uploads, as: "-"},
				{method: "PUT", path: at},
			} {
				if got := i.send(r); got.Header.Get("Tus-Resumable") != "1.0.0" {
					i.t.Errorf("%s: got %v", r.method, got)
				}
			}
		},
		"X-HTTP-Method-Override is the method": func(i *instance) {
			at := half(i)
			got := i.want(204, request{
				method: "POST", path: at, body: data[size/2:],
				head: []string{octets, "Upload-Offset: 1500", "X-HTTP-Method-Override: PATCH"},
			})
			if got.Header.Get("Upload-Offset") != fmt.Sprint(size) {
				i.t.Errorf("got %v", got)
			}
			i.want(200, request{method: "POST", path: at, head: []string{"X-HTTP-Method-Override: HEAD"}})
			i.want(404, request{method: "POST", path: at, as: "john", head: []string{"X-HTTP-Method-Override: DELETE"}})
			i.wantFile(at, data)
			i.want(204, request{method: "POST", path: at, head: []string{"X-HTTP-Method-Override: DELETE"}})
			i.want(410, request{method: "HEAD", path: at})
		},
		"X-HTTP-Method-Override of no method is refused": func(i *instance) {
			at := half(i)
			for _, method := range []string{"GET", "PUT", "TRACE", "FOO", "POST", "a b", "%00"} {
				got := i.send(request{method: "POST", path: at, head: []string{"X-HTTP-Method-Override: " + method}})
				if got.StatusCode < 400 || got.StatusCode >= 500 {
					i.t.Errorf("%q: got %v", method, got)
				}
			}
			i.want(405, request{method: "POST", path: uploads, head: []string{"X-HTTP-Method-Override: PATCH", octets}})
			i.wantOffset(at, size/2)
		},
		"OPTIONS tells versions, extensions, size and algorithms, to strangers too": func(i *instance) {
			for _, path := range []string{uploads, uploads + "0123456789"} {
				got := i.want(200, request{method: "OPTIONS", path: path, as: "-", bare: true})
				for name, want := range map[string]string{
					"Tus-Version": "1.0.0", "Tus-Max-Size": "1048576", "Tus-Checksum-Algorithm": "sha1,sha256,crc32c",
					"Tus-Extension": "creation,creation-with-upload,termination,concatenation,creation-defer-length," +
						"expiration,checksum,checksum-trailer",
				} {
					if have := got.Header.Get(name); have != want {
						i.t.Errorf("%s: got %q, want %q", name, have, want)
					}
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(i.in(t))
		})
	}
}

// The MUSTs of the extensions creation, creation-with-upload, creation-defer-length, expiration, termination.
func TestExtensions(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	for name, check := range map[string]func(i *instance){
		"creation is 201 with a Location of ten characters": func(i *instance) {
			at := i.create(size)
			if !regexp.MustCompile(`^/v1/communities/1/tus/[0-9A-Za-z]{10}$`).MatchString(at) {
				i.t.Errorf("got %q", at)
			}
		},
		"creation needs no slash at the end": func(i *instance) {
			bare := strings.TrimSuffix(uploads, "/")
			got := i.want(201, request{method: "POST", path: bare, head: []string{fmt.Sprint("Upload-Length: ", size), pngMeta}})
			i.wantOffset(got.Header.Get("Location"), 0)
			i.want(200, request{method: "OPTIONS", path: bare, as: "-", bare: true})
			if got := i.want(404, request{method: "POST", path: bare + "x"}); got.Header.Get("Tus-Resumable") != "" {
				i.t.Errorf("got %v, want another path", got)
			}
		},
		"creation needs a length": func(i *instance) {
			for _, head := range []string{
				"X-None: 1", "Upload-Length: -1", "Upload-Length: x", "Upload-Length: 1.5", "Upload-Defer-Length: 2",
				"Upload-Defer-Length: 1\r\nUpload-Length: 5", "Upload-Length: 0",
			} {
				i.want(400, request{method: "POST", path: uploads, head: []string{head, pngMeta}})
			}
		},
		"creation above the limit is 413": func(i *instance) {
			i.want(413, request{method: "POST", path: uploads, head: []string{"Upload-Length: 1048577", pngMeta}})
		},
		"metadata is told again as it was sent": func(i *instance) {
			sent := meta("filename", "ünïcode ☃.png", "z", "1") + ",empty,filetype aW1hZ2UvcG5n"
			got := i.want(201, request{method: "POST", path: uploads, head: []string{"Upload-Length: 5", sent}})
			again := i.wantOffset(got.Header.Get("Location"), 0)
			if have := again.Header.Get("Upload-Metadata"); have != strings.TrimPrefix(sent, "Upload-Metadata: ") {
				i.t.Errorf("got %q, want %q", have, sent)
			}
		},
		"metadata that cannot be read is 400": func(i *instance) {
			for _, bad := range []string{"filename !", "a YQ==,a YQ==", "a YQ== b", ",", "a YQ==,,b YQ==", "a Y"} {
				i.want(400, request{method: "POST", path: uploads, head: []string{"Upload-Length: 5", "Upload-Metadata: " + bad}})
			}
			for _, bad := range []string{"a\r\nb.png", "a\x00.png", "\xff.png", strings.Repeat("n", 256) + ".png"} {
				i.want(400, request{method: "POST", path: uploads, head: []string{"Upload-Length: 5", meta("filename", bad)}})
			}
		},
		"a path in the name is none": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, head: []string{
				fmt.Sprint("Upload-Length: ", size), meta("filename", `../../C:\etc/me.PNG`), octets,
			}, body: data})
			got = i.want(200, request{method: "GET", path: got.Header.Get("Location")})
			if have := got.Header.Get("Content-Disposition"); have != `attachment; filename="me.PNG"` {
				i.t.Errorf("got %q", have)
			}
		},
		"what is no picture is 415": func(i *instance) {
			for _, bad := range []string{meta("filename", "a.pdf"), meta("filetype", "text/html"), "X-None: 1", meta("filename", "png")} {
				i.want(415, request{method: "POST", path: uploads, head: []string{"Upload-Length: 5", bad}})
			}
			at := i.create(size)
			if got := i.patch(at, 0, make([]byte, size)); got.StatusCode != 415 || !strings.HasPrefix(got.body, "not_an_image: ") {
				i.t.Errorf("got %v", got)
			}
			i.want(415, request{method: "HEAD", path: at})
		},
		"creation with upload stores what comes": func(i *instance) {
			for _, n := range []int{0, 100, size} {
				got := i.want(201, request{method: "POST", path: uploads, body: data[:n], head: []string{
					fmt.Sprint("Upload-Length: ", size), pngMeta, octets,
				}})
				if have := got.Header.Get("Upload-Offset"); have != fmt.Sprint(n) {
					i.t.Errorf("%d bytes: got %v", n, got)
				}
				at := got.Header.Get("Location")
				if n < size {
					i.patch(at, n, data[n:])
				}
				i.wantFile(at, data)
			}
		},
		"a body of another type is no upload": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, body: data[:9], head: []string{
				fmt.Sprint("Upload-Length: ", size), pngMeta, "Content-Type: text/plain",
			}})
			i.wantOffset(got.Header.Get("Location"), 0)
		},
		"more than the length with the creation is refused": func(i *instance) {
			i.want(413, request{method: "POST", path: uploads, body: data, head: []string{"Upload-Length: 10", pngMeta, octets}})
		},
		"a deferred length is told, and declared once": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, head: []string{"Upload-Defer-Length: 1", pngMeta}})
			at := got.Header.Get("Location")
			if got := i.wantOffset(at, 0); got.Header.Get("Upload-Defer-Length") != "1" || got.Header.Get("Upload-Length") != "" {
				i.t.Errorf("got %v", got)
			}
			if got := i.patch(at, 0, data[:100]); got.StatusCode != 204 {
				i.t.Errorf("got %v", got)
			}
			for _, bad := range []string{"99", "-1", "x", "1048577", "0"} {
				if got := i.patch(at, 100, data[100:200], "Upload-Length: "+bad); got.StatusCode != 400 {
					i.t.Errorf("length %s: got %v", bad, got)
				}
			}
			if got := i.patch(at, 100, data[100:200], fmt.Sprint("Upload-Length: ", size)); got.StatusCode != 204 {
				i.t.Errorf("got %v", got)
			}
			if got := i.wantOffset(at, 200); got.Header.Get("Upload-Defer-Length") != "" || got.Header.Get("Upload-Length") != fmt.Sprint(size) {
				i.t.Errorf("got %v", got)
			}
			if got := i.patch(at, 200, data[200:300], "Upload-Length: 4000"); got.StatusCode != 400 {
				i.t.Errorf("again: got %v", got)
			}
			if got := i.patch(at, 200, data[200:]); got.StatusCode != 204 {
				i.t.Errorf("got %v", got)
			}
			i.wantFile(at, data)
		},
		"a length that is declared last completes the upload": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, body: data, head: []string{"Upload-Defer-Length: 1", pngMeta, octets}})
			at := got.Header.Get("Location")
			if got := i.patch(at, size, nil, fmt.Sprint("Upload-Length: ", size)); got.StatusCode != 204 {
				i.t.Errorf("got %v", got)
			}
			i.wantFile(at, data)
		},
		"a body in chunks needs no length": func(i *instance) {
			at := i.create(size)
			for n := 0; n < size; n += 1000 {
				got := i.send(request{method: "PATCH", path: at, body: chunked(data[n:n+1000], ""), head: []string{
					octets, fmt.Sprint("Upload-Offset: ", n), "Transfer-Encoding: chunked",
				}})
				if got.StatusCode != 204 || got.Header.Get("Upload-Offset") != fmt.Sprint(n+1000) {
					i.t.Fatalf("got %v", got)
				}
			}
			i.wantFile(at, data)
		},
		"expiry is told while the upload is unfinished": func(i *instance) {
			got := i.want(201, request{method: "POST", path: uploads, head: []string{fmt.Sprint("Upload-Length: ", size), pngMeta}})
			at := got.Header.Get("Location")
			for _, got := range []answer{got, i.patch(at, 0, data[:1]), i.wantOffset(at, 1)} {
				when, err := http.ParseTime(got.Header.Get("Upload-Expires"))
				if left := time.Until(when); err != nil || left < 71*time.Hour || left > 73*time.Hour {
					i.t.Errorf("got %v, %v", got, err)
				}
			}
			if got := i.patch(at, 1, data[1:]); got.Header.Get("Upload-Expires") != "" {
				i.t.Errorf("complete: got %v", got)
			}
		},
		"termination is 204, and then 410": func(i *instance) {
			at := i.create(size)
			i.want(204, request{method: "DELETE", path: at})
			i.want(410, request{method: "HEAD", path: at})
			i.want(410, request{method: "DELETE", path: at})
			if got := i.patch(at, 0, data); got.StatusCode != 410 {
				i.t.Errorf("got %v", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(i.in(t))
		})
	}
}

// An upload that was not finished in time is gone.
func TestExpired(t *testing.T) {
	t.Parallel()
	i := start(t)
	at := i.create(size)
	i.Clock.Advance(71 * time.Hour)
	i.wantOffset(at, 0)
	i.Clock.Advance(2 * time.Hour)
	i.want(410, request{method: "HEAD", path: at, as: "jane"})
}

// chunked is b as a chunked body in two chunks, with a trailer.
func chunked(b []byte, trailer string) []byte {
	var out strings.Builder
	for _, part := range [][]byte{b[:len(b)/2], b[len(b)/2:]} {
		if len(part) > 0 {
			fmt.Fprintf(&out, "%x\r\n%s\r\n", len(part), part)
		}
	}
	return []byte(out.String() + "0\r\n" + trailer + "\r\n")
}
