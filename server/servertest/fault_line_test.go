package servertest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// line is a TCP connection to a server, on which a test says what no client of net/http would.
type line struct {
	*net.TCPConn
	t    testing.TB
	from *bufio.Reader
}

// lineLimit is how long any line may stand.
const lineLimit = 60 * time.Second

// dial opens a line, which is closed at the end of the test.
func (c *caller) dial() *line {
	c.t.Helper()
	return dial(c.t, c.url())
}

func dial(t testing.TB, url string) *line {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	tcp, ok := conn.(*net.TCPConn)
	if err = conn.SetDeadline(time.Now().Add(lineLimit)); err != nil || !ok {
		t.Fatal(err)
	}
	return &line{tcp, t, bufio.NewReader(conn)}
}

// say writes text as it stands.
func (l *line) say(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l, text); err != nil {
		l.t.Fatal(err)
	}
}

// head is the head of a request with jane's token, without the empty line at its end.
func (c *caller) head(method, at string, headers ...string) string {
	all := append([]string{
		method + " " + at + " HTTP/1.1", "Host: cameo.test", "Authorization: Bearer " + c.token,
	}, headers...)
	return strings.Join(all, "\r\n") + "\r\n"
}

// begin sends the head of a PATCH for the bytes [from, to) of a PNG of total bytes, and those of them that are
// given.
func (c *caller) begin(key string, from, to, total int, some []byte) *line {
	c.t.Helper()
	l := c.dial()
	l.say(c.head(http.MethodPatch, entry(key), "Content-Type: image/png",
		fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, to-1, total),
		fmt.Sprintf("Content-Length: %d", to-from)) + "\r\n" + string(some))
	return l
}

// hear reads one answer, behind interim ones. An error is the end of the line.
func (l *line) hear(method string) (answer, error) {
	for {
		resp, err := http.ReadResponse(l.from, &http.Request{Method: method})
		if err != nil {
			return answer{}, err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode >= http.StatusOK {
			return answer{resp.StatusCode, resp.Header, body}, err
		}
	}
}

// must is hear for an answer that has to come.
func (l *line) must(method string) answer {
	l.t.Helper()
	got, err := l.hear(method)
	if err != nil {
		l.t.Fatalf("no answer: %v", err)
	}
	return got
}

// wantClosed wants the other side to close the line within a time.
func (l *line) wantClosed(limit time.Duration) {
	l.t.Helper()
	if err := l.SetReadDeadline(time.Now().Add(limit)); err != nil {
		l.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, l.from); errors.Is(err, os.ErrDeadlineExceeded) {
		l.t.Errorf("the line stands after %s", limit)
	}
}

// reset breaks the line at once (RST), whatever is on its way.
func (l *line) reset() {
	l.t.Helper()
	if err := errors.Join(l.SetLinger(0), l.Close()); err != nil {
		l.t.Fatal(err)
	}
}

// arrive gives the other side's program a moment to read what was sent; nothing tells from outside when it has.
func arrive() { time.Sleep(within(300 * time.Millisecond)) }

// broken says whether a read or write failed because the line is no more.
func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE)
}
