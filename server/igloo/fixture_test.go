package igloo_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cameo/association"
	"cameo/server/boot"
	"cameo/server/servertest"
)

const (
	jane  = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
	john  = "11111111-2222-3333-4444-555555555555"
	admin = "99999999-9999-9999-9999-999999999999"

	attachments = "/.api2/api/v1/communities/1/attachments"
	size        = 1000 // bytes of the pictures sent
)

// instance is the whole program on a port of its own, over SQLite and the local disk, as one test sees it.
type instance struct {
	*servertest.Instance
	t *testing.T
}

func start(t *testing.T, change func(*boot.Config)) *instance {
	t.Helper()
	return &instance{t: t, Instance: servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.MaxSize = 1 << 20
		c.MaxOpen = 1000
		if change != nil {
			change(c)
		}
	}))}
}

// in is the same instance, whose failures are t's.
func (i *instance) in(t *testing.T) *instance { return &instance{i.Instance, t} }

// token signs in a person of community 1.
func (i *instance) token(user string) string {
	if user == admin {
		return i.Token(admin, 1)
	}
	return i.Token(association.GUID(user))
}

// request is one to be sent as it stands. A nil body sends no Content-Length.
type request struct {
	method, path string
	as           string // "" is nobody
	head         []string
	body         []byte
}

// answer is what came back.
type answer struct {
	*http.Response
	body  []byte
	asked bool // "100 Continue" came first
}

func (i *instance) dial() net.Conn {
	i.t.Helper()
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(i.URL, "http://"), 5*time.Second)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		i.t.Fatal(err)
	}
	return c
}

// head is the request's head as it goes over the wire.
func (i *instance) head(r request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: cameo.test\r\n", r.method, r.path)
	if r.as != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", i.token(r.as))
	}
	for _, line := range r.head {
		b.WriteString(line + "\r\n")
	}
	return b.String()
}

// send writes the request by hand, so that nothing is corrected on the way.
func (i *instance) send(r request) answer {
	i.t.Helper()
	c := i.dial()
	head := i.head(r)
	if r.body != nil && !strings.Contains(head, "Content-Length:") && !strings.Contains(head, "Transfer-Encoding:") {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(r.body))
	}
	if _, err := c.Write(append([]byte(head+"\r\n"), r.body...)); err != nil {
		i.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
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
		return answer{got, body, asked}
	}
}

// create makes an entry for jane and returns its key.
func (i *instance) create(length int, kind string) string {
	i.t.Helper()
	got := i.send(request{
		method: "POST", path: attachments, as: jane, head: []string{"Content-Type: application/json"},
		body: fmt.Appendf(nil, `{"ContentLength":%d,"ContentType":%q,"Name":"me.png"}`, length, kind),
	})
	if got.StatusCode != http.StatusCreated {
		i.t.Fatalf("create: %s %s", got.Status, got.body)
	}
	return got.Header.Get("Location")[strings.LastIndex(got.Header.Get("Location"), "/")+1:]
}

// patch sends bytes [from, to) of b, of which the whole is len(b).
func (i *instance) patch(key string, b []byte, from, to int, head ...string) answer {
	i.t.Helper()
	return i.send(request{
		method: "PATCH", path: attachments + "/uploads/" + key, as: jane, body: b[from:to],
		head: append([]string{fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, to-1, len(b)), "Content-Type: image/png"}, head...),
	})
}

// uploaded is the key of a complete picture of jane's, and its bytes.
func (i *instance) uploaded(name string) (string, []byte) {
	i.t.Helper()
	b := servertest.Picture(name, size)
	key := i.create(size, "image/png")
	if got := i.patch(key, b, 0, size); got.StatusCode != http.StatusOK {
		i.t.Fatalf("upload: %s %s", got.Status, got.body)
	}
	return key, b
}

// exception is what a refusal says.
type exception struct {
	StatusCode int
	Type       string
	ErrorID    int
	Message    string
	DataTokens []struct{ Name, Value string }
	ErrorList  []exception
	Timestamp  string
}

func (a answer) exception(t *testing.T) exception {
	t.Helper()
	var e struct {
		RequestSupportCode int64
		Exception          exception
	}
	d := json.NewDecoder(bytes.NewReader(a.body))
	if err := d.Decode(&e); err != nil {
		t.Fatalf("%s: no envelope: %v in %q", a.Status, err, a.body)
	}
	if e.Exception.StatusCode != a.StatusCode {
		t.Errorf("statusCode: got %d, want the HTTP status %d", e.Exception.StatusCode, a.StatusCode)
	}
	if got := fmt.Sprint(e.RequestSupportCode); got != a.Header.Get("X-Request-Id") {
		t.Errorf("requestSupportCode: got %s, want the request's id %s", got, a.Header.Get("X-Request-Id"))
	}
	return e.Exception
}

// token is the value of a data token in the first error of the list.
func (e exception) token(name string) string {
	for _, one := range e.ErrorList {
		for _, t := range one.DataTokens {
			if t.Name == name {
				return t.Value
			}
		}
	}
	return ""
}

func wantStatus(t *testing.T, got answer, want int) {
	t.Helper()
	if got.StatusCode != want {
		t.Errorf("got %s, want %d: %s", got.Status, want, got.body)
	}
}
