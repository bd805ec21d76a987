package photos_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// wire is one connection on which pictures are asked for as browsers do.
type wire struct {
	*testing.T
	net.Conn
	from *bufio.Reader
}

func connect(t *testing.T, s *servertest.Story) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Instance.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return &wire{t, conn, bufio.NewReader(conn)}
}

// lane is how an answer ends that net/http has not written.
var lane = regexp.MustCompile(`\r\nX-Request-Id: \d{15}\r\n\r\n$`)

// get asks, and says whether the answer was said again.
func (w *wire) get(path string, lines ...string) (got *http.Response, body string, again bool) {
	w.Helper()
	fmt.Fprintf(w.Conn, "GET %s HTTP/1.1\r\n%s\r\n\r\n", path, strings.Join(append([]string{"Host: cameo.test"}, lines...), "\r\n"))
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := w.from.ReadString('\n')
		if err != nil {
			w.Fatalf("after %q: %v", head.String(), err)
		}
		head.WriteString(line)
	}
	req, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		w.Fatal(err)
	}
	got, err = http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head.String()), w.from)), req)
	if err != nil {
		w.Fatal(err)
	}
	b := make([]byte, max(got.ContentLength, 0))
	if got.StatusCode != http.StatusNotModified {
		if _, err := io.ReadFull(got.Body, b); err != nil {
			w.Fatal(err)
		}
	}
	return got, string(b), lane.MatchString(head.String())
}

// again asks until the answer is said again: of a client that is quick, net/http has read the first byte.
func (w *wire) again(path string, lines ...string) (*http.Response, string) {
	w.Helper()
	for range 50 {
		if got, body, again := w.get(path, lines...); again {
			return got, body
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Fatalf("%s %v: it is not said again", path, lines)
	return nil, ""
}

// TestAnAnswerIsSaidAgain holds answers that net/http has not written against those that it has.
func TestAnAnswerIsSaidAgain(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	path, conn := describe(t, s, "").URLs["128"], connect(t, s)
	first, picture, again := conn.get(path)
	if again || first.StatusCode != 200 || len(picture) == 0 {
		t.Fatalf("the first: got %s, %v", first.Status, again)
	}
	for name, lines := range map[string][]string{
		"any":         nil,
		"a browser's": {"Accept: image/avif,image/webp,*/*;q=0.8", "Cookie: cameo=x", "Connection: keep-alive"},
		"known":       {"If-None-Match: " + first.Header.Get("ETag")},
		"known, not":  {`If-None-Match: "other"`},
		"with a name": {"Authorization: Bearer " + s.Token(servertest.Person("jane"))},
	} {
		before, body, _ := conn.get(path, lines...)
		after, same := conn.again(path, lines...)
		if before.Header.Get("X-Request-Id") == after.Header.Get("X-Request-Id") || after.Header.Get("Date") == "" {
			t.Errorf("%s: it has the number of another: %v", name, after.Header)
		}
		for _, h := range []http.Header{before.Header, after.Header} {
			h.Del("X-Request-Id")
			h.Del("Date")
		}
		if before.StatusCode != after.StatusCode || body != same || !reflect.DeepEqual(before.Header, after.Header) {
			t.Errorf("%s: got %s %v, and before %s %v", name, after.Status, after.Header, before.Status, before.Header)
		}
	}
	for name, lines := range map[string][]string{
		"another site": {"Origin: https://www.example.org"},
		"a time":       {"If-Modified-Since: " + first.Header.Get("Last-Modified")},
	} {
		conn.get(path, lines...)
		if _, _, again := conn.get(path, lines...); again {
			t.Errorf("%s: it is said again", name)
		}
	}
	conn.again(path)
	s.Instance.Clock.Advance(time.Second) // another node may have removed it meanwhile
	if _, _, again := conn.get(path); again {
		t.Error("it is said again after a second")
	}
	ask(t, s, "DELETE", photoOf("jane"), "jane")
	if gone, _, _ := conn.get(path); gone.StatusCode != 404 {
		t.Errorf("removed: got %s", gone.Status)
	}
}

// What is said again is counted, logged and limited as all else is.
func TestWhatIsSaidAgainIsCounted(t *testing.T) {
	t.Parallel()
	const most = 40
	s := servertest.Tell(t, servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		if err := c.RateAddress.UnmarshalText([]byte("40/10m")); err != nil {
			t.Fatal(err)
		}
		if err := c.RateMisses.UnmarshalText([]byte("4/10m")); err != nil {
			t.Fatal(err)
		}
	})))
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	path, conn := describe(t, s, "").URLs["128"], connect(t, s)
	var last *http.Response
	answered := 0
	for range most + 2 {
		got, _, again := conn.get(path)
		if last = got; again {
			answered++
		}
	}
	if last.StatusCode != http.StatusTooManyRequests || answered == 0 {
		t.Errorf("got %s at last, after %d that were said again", last.Status, answered)
	}
	s.Instance.Node().WriteLog()
	line := regexp.MustCompile(`msg=request id=\d{15} method=GET route=\S+/photos/:version/:size status=200 in=0 out=[1-9]\d* took=\S+ ip=127\.0\.0\.1\n`)
	if got := len(line.FindAllString(s.Instance.Log(), -1)); got <= answered {
		t.Errorf("%d lines are in the log, of %d that were said again and more", got, answered)
	}

	s.Instance.Clock.Advance(time.Hour)
	conn.again(path)
	for range 5 {
		conn.get(strings.Replace(path, strings.Split(path, "/")[5], "AAAAAAAAAAAA", 1))
	}
	if got, _, again := conn.get(path); again || got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("to who has guessed too often: got %s, said again: %v", got.Status, again)
	}
}

// Members' photos are looked for each time.
func TestMembersPhotosAreNotSaidAgain(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.Photos = "members" })))
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	path, conn := describe(t, s, "jane").URLs["128"], connect(t, s)
	for range 3 {
		if got, _, again := conn.get(path); got.StatusCode != 200 || again {
			t.Errorf("got %s, said again: %v", got.Status, again)
		}
	}
	bare, _, _ := strings.Cut(path, "?")
	if got, _, _ := conn.get(bare); got.StatusCode != 401 {
		t.Errorf("unsigned: got %s", got.Status)
	}
}

// What somebody's connection was told is nobody else's: neither an old client's, nor one's that is about to go.
func TestWhatIsSaidOfAConnectionIsNotSaidAgain(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	path := describe(t, s, "").URLs["128"]
	for name, request := range map[string]string{
		"HTTP/1.0":                "GET %s HTTP/1.0\r\nHost: a\r\n\r\n",
		"HTTP/1.0 that goes on":   "GET %s HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
		"a body in chunks":        "GET %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a body":                  "GET %s HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na",
		"the end of a connection": "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"a range":                 "GET %s HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n",
	} {
		s.Instance.Clock.Advance(time.Second)
		conn := connect(t, s)
		fmt.Fprintf(conn.Conn, request, path)
		if line, err := conn.from.ReadString('\n'); err != nil || !strings.Contains(line, " 200 ") {
			t.Errorf("%s: got %q, %v", name, line, err)
		}
		other := connect(t, s)
		other.get("/healthz")
		if got, _, again := other.get(path); again || got.Close {
			t.Errorf("%s: another is told the same: %v", name, got.Header)
		}
	}
}
