package tus_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

const (
	uploads = "/v1/communities/1/tus/"
	igloo   = "/.api2/api/v1/communities/1/attachments"
	octets  = "Content-Type: application/offset+octet-stream"
	size    = 3000 // bytes of the pictures sent
)

// instance is the whole program on a port of its own, as one test sees it.
type instance struct {
	*servertest.Instance
	t *testing.T
}

func start(t *testing.T, options ...servertest.Option) *instance {
	t.Helper()
	options = append([]servertest.Option{servertest.Configured(func(c *boot.Config) { c.MaxSize = 1 << 20 })}, options...)
	return &instance{t: t, Instance: servertest.Start(t, options...)}
}

func (i *instance) in(t *testing.T) *instance { return &instance{i.Instance, t} }

// request is one to be sent as it stands, by jane unless as says otherwise; "-" is nobody. Tus-Resumable is
// added unless bare.
type request struct {
	method, path, as string
	head             []string
	body             []byte
	bare             bool
}

// answer is what came back.
type answer struct {
	*http.Response
	body  string
	asked bool // "100 Continue" came first
}

func (a answer) String() string { return fmt.Sprintf("%s %v %s", a.Status, a.Header, a.body) }

func (i *instance) token(name string) string {
	if name == "admin" {
		return i.Token(servertest.Person(name), 1)
	}
	return i.Token(servertest.Person(name))
}

func (i *instance) dial() net.Conn {
	i.t.Helper()
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(i.URL, "http://"), 5*time.Second)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		i.t.Fatal(err)
	}
	return c
}

func (i *instance) write(c net.Conn, r request) {
	i.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: cameo.test\r\n", r.method, r.path)
	if r.as == "" {
		r.as = "jane"
	}
	if r.as != "-" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", i.token(r.as))
	}
	if !r.bare {
		b.WriteString("Tus-Resumable: 1.0.0\r\n")
	}
	for _, line := range r.head {
		b.WriteString(line + "\r\n")
	}
	if head := b.String(); !strings.Contains(head, "Content-Length:") && !strings.Contains(head, "Transfer-Encoding:") && r.method != "GET" && r.method != "HEAD" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	b.WriteString("\r\n")
	if _, err := c.Write(append([]byte(b.String()), r.body...)); err != nil {
		i.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
}

// send writes the request by hand, so that nothing is corrected on the way.
func (i *instance) send(r request) answer {
	i.t.Helper()
	c := i.dial()
	defer c.Close()
	i.write(c, r)
	return i.read(c, r.method)
}

func (i *instance) read(c net.Conn, method string) answer {
	i.t.Helper()
	from, asked := bufio.NewReader(c), false
	for {
		got, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil {
			i.t.Fatalf("no answer: %v", err)
		}
		if got.StatusCode == http.StatusContinue {
			asked = true
			continue
		}
		body, err := io.ReadAll(got.Body)
		if err != nil {
			i.t.Fatalf("answer cut: %v", err)
		}
		return answer{got, string(body), asked}
	}
}

// want is send for an answer with this status.
func (i *instance) want(status int, r request) answer {
	i.t.Helper()
	got := i.send(r)
	if at, ok := strings.CutPrefix(got.Header.Get("Location"), "http://cameo.test"); ok {
		got.Header.Set("Location", at)
	}
	if got.StatusCode != status {
		i.t.Fatalf("%s %s %v: got %v, want %d", r.method, r.path, r.head, got, status)
	}
	return got
}

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func meta(pairs ...string) string {
	var all []string
	for n := 0; n+1 < len(pairs); n += 2 {
		all = append(all, pairs[n]+" "+encoded(pairs[n+1]))
	}
	return "Upload-Metadata: " + strings.Join(all, ",")
}

var pngMeta = meta("filename", "me.png", "filetype", "image/png")

// create makes an upload of n bytes and returns its path.
func (i *instance) create(n int, head ...string) string {
	i.t.Helper()
	got := i.want(201, request{
		method: "POST", path: uploads, head: append([]string{fmt.Sprintf("Upload-Length: %d", n), pngMeta}, head...),
	})
	return got.Header.Get("Location")
}

func (i *instance) patch(at string, offset int, b []byte, head ...string) answer {
	i.t.Helper()
	return i.send(request{
		method: "PATCH", path: at, body: b, head: append([]string{octets, fmt.Sprintf("Upload-Offset: %d", offset)}, head...),
	})
}

func (i *instance) wantOffset(at string, want int) answer {
	i.t.Helper()
	got := i.want(200, request{method: "HEAD", path: at})
	if have := got.Header.Get("Upload-Offset"); have != fmt.Sprint(want) {
		i.t.Fatalf("got %v, want offset %d", got, want)
	}
	return got
}

// wantFile compares what was kept with what was sent.
func (i *instance) wantFile(at string, want []byte) {
	i.t.Helper()
	got := i.want(200, request{method: "GET", path: at})
	if !bytes.Equal([]byte(got.body), want) {
		i.t.Fatalf("got %d bytes that differ from the %d sent", len(got.body), len(want))
	}
}

func key(at string) string { return path.Base(at) }

func person(name string) string { return string(servertest.Person(name)) }

func picture(name string) []byte { return servertest.Picture(name, size) }
