package servertest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// resumableUploads is where uploads of the IETF's protocol are made.
const resumableUploads = "/v1/communities/1/uploads"

// resumablePath is the path of the upload whose address an answer tells.
func resumablePath(h http.Header) string {
	return resumableUploads + "/" + path.Base(h.Get("Location"))
}

// resumableHead are the headers of a request of interop version 8, further ones as lines.
func resumableHead(lines ...string) http.Header {
	h := http.Header{"Upload-Draft-Interop-Version": {"8"}, "Content-Type": {"application/partial-upload"}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return h
}

// heard is what interim answers have said.
type heard struct {
	at      string // Location
	offsets []int
}

// resumableCreate makes an upload that begins with some bytes. It hears what interim answers say, and says it in
// any case.
func (c *caller) resumableCreate(some io.Reader, n int, complete string, lines ...string) (heard, answer, error) {
	c.t.Helper()
	return c.resumableCreateAt(resumableUploads, some, n, complete, lines...)
}

// resumableCreateAt is resumableCreate for another path, or a query.
func (c *caller) resumableCreateAt(
	at string, some io.Reader, n int, complete string, lines ...string,
) (heard, answer, error) {
	c.t.Helper()
	var said heard
	ctx := httptrace.WithClientTrace(c.t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			if code == 104 && h.Get("Location") != "" {
				said.at = resumablePath(http.Header(h))
			}
			if offset, err := strconv.Atoi(h.Get("Upload-Offset")); code == 104 && err == nil {
				said.offsets = append(said.offsets, offset)
			}
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url()+at, some)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header = resumableHead(append([]string{"Content-Type: image/png", "Upload-Complete: " + complete}, lines...)...)
	r.ContentLength = int64(n)
	got, err := c.do(r)
	return said, got, err
}

func (c *caller) resumableAppend(at string, offset int, complete string, b []byte, lines ...string) answer {
	c.t.Helper()
	h := resumableHead(append([]string{fmt.Sprint("Upload-Offset: ", offset), "Upload-Complete: " + complete}, lines...)...)
	return c.ask(http.MethodPatch, at, h, b)
}

// wantResumableFile compares what was kept with what was sent.
func (c *caller) wantResumableFile(at string, content []byte) {
	c.t.Helper()
	c.wantTusFile(strings.Replace(at, "/uploads/", "/tus/", 1), content)
}

// Through the IETF's protocol an upload costs as few requests to S3 as by any other dialect.
func countRequestsOfResumable(t *testing.T, d *deployment) {
	t.Helper()
	proxy := s3test.NewProxy(t, d.minio)
	d = d.deploymentAt(t, proxy.Endpoint)
	jane := call(t, d.nodes(1)[0])
	whole := func(content []byte, lines ...string) string {
		said, got, err := jane.resumableCreate(bytes.NewReader(content), len(content), "?1", lines...)
		if err != nil || said.at != resumablePath(got.header) {
			t.Fatalf("got %v, %v after %v", got, err, said)
		}
		jane.want("whole", got, http.StatusCreated)
		return said.at
	}
	inChunks := func(chunk int, lines ...string) func([]byte) string {
		return func(content []byte) string {
			_, got, err := jane.resumableCreate(http.NoBody, 0, "?0", lines...)
			if err != nil {
				t.Fatal(err)
			}
			at, complete := resumablePath(jane.want("create", got, http.StatusCreated).header), "?0"
			for from := 0; from < len(content); from += chunk {
				jane.want("head", jane.ask(http.MethodHead, at, resumableHead(), nil), http.StatusNoContent)
				if from+chunk >= len(content) {
					complete = "?1"
				}
				got := jane.resumableAppend(at, from, complete, content[from:from+chunk])
				jane.want("patch", got, http.StatusNoContent, http.StatusOK)
			}
			return at
		}
	}
	for _, c := range []struct {
		name           string
		size, requests int
		upload         func([]byte) string
	}{
		{"whole", 4 * mebibyte, 1, func(b []byte) string { return whole(b) }},
		{"in PATCHes of 1 MiB", 4 * mebibyte, 1, inChunks(mebibyte, fmt.Sprint("Upload-Length: ", 4*mebibyte))},
		{"in PATCHes of 256 KiB", 4 * mebibyte, 1, inChunks(256<<10, fmt.Sprint("Upload-Length: ", 4*mebibyte))},
		{"in PATCHes of 1 MiB, of unknown length", 4 * mebibyte, 1, inChunks(mebibyte)},
		{"of 64 MiB, whole", 64 * mebibyte, 4, func(b []byte) string { return whole(b) }},
	} {
		proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
		content := servertest.Picture("me.png", c.size)
		at := c.upload(content)
		if got := proxy.Traffic(); got.Requests != c.requests || got.Written != int64(len(content)) || got.Read != 0 {
			t.Errorf("%s: got %+v, want %d requests and every byte once", c.name, got, c.requests)
		}
		jane.wantResumableFile(at, content)
	}
}

// R21 through the IETF's protocol on two nodes: a request hangs on one, and its client goes on at the other.
func takeOverByResumable(t *testing.T, d *deployment) {
	t.Helper()
	const ceiling = 3 * time.Second
	nodes := d.nodes(2)
	for name, goOn := range map[string]func(jane *caller, at string, content []byte){
		"HEAD": func(jane *caller, at string, content []byte) {
			got := jane.want("head", jane.ask(http.MethodHead, at, resumableHead(), nil), http.StatusNoContent)
			jane.want("patch", jane.resumableAppend(at, got.offset(), "?1", content[got.offset():]), http.StatusOK)
		},
		"PATCH": func(jane *caller, at string, content []byte) {
			jane.want("patch", jane.resumableAppend(at, 0, "?1", content), http.StatusOK)
		},
	} {
		old, jane, content := call(t, nodes[0]), call(t, nodes[1]), servertest.Picture("me.png", brokenSize)
		hangs := old.dial()
		hangs.say(old.head(http.MethodPost, resumableUploads, "Upload-Draft-Interop-Version: 8", "Content-Type: image/png",
			"Upload-Complete: ?1", fmt.Sprint("Content-Length: ", brokenSize)) + "\r\n" + string(make([]byte, brokenAt)))
		first, err := http.ReadResponse(hangs.from, nil)
		if err != nil || first.StatusCode != 104 {
			t.Fatalf("%s: got %v, %v, want a 104", name, first, err)
		}
		at := resumablePath(first.Header)
		arrive()
		begin := time.Now()
		goOn(jane, at, content)
		wantTook(t, name, begin, ceiling)
		hangs.say(string(content[brokenAt:]))
		if late, err := hangs.hear(http.MethodPost); err == nil {
			old.want(name+": the old request", late, http.StatusConflict)
		} else if !broken(err) {
			t.Errorf("%s: the old request was not ended: %v", name, err)
		}
		jane.wantResumableFile(at, content)
	}
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}

// halting is a body whose sender waits for a moment behind its first n bytes.
func halting(content []byte, n int) io.Reader {
	body, more := io.Pipe()
	go func() {
		_, _ = more.Write(content[:n])
		arrive()
		_, err := more.Write(content[n:])
		more.CloseWithError(err)
	}()
	return body
}

// R22 and R23 through the IETF's protocol: a phone whose line breaks every 64 to 512 kB sends the whole file at once,
// goes on where it is told, and the offset never falls.
func sendByFlakyResumable(t *testing.T, d *deployment) {
	t.Helper()
	const size, segment = 5_000_000, 64 << 10
	node := d.nodes(1)[0]
	phone, content := newPhone(t, 27, node.URL), servertest.Picture("me.png", size)
	steady, jane := call(t, node), call(t, node)
	jane.url = func() string { return phone.url }
	said, _, err := jane.resumableCreate(halting(content, 32_000), size, "?1")
	if err == nil || said.at == "" {
		t.Fatalf("got %v, %v: the line did not break, or nobody said where to go on", said, err)
	}
	arrive()
	jane.goOn(phone, said.at, content, segment, throughTheDraft())
	steady.wantResumableFile(said.at, content)
	node.Kill()
	d.wantTidy()
}
