package reply_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/reply"
)

const fastHead = "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"

// prompt answers one head, and any other not.
type prompt struct {
	body    string
	answers atomic.Int64
}

func (q *prompt) Reply(to []byte, remote string, head []byte) []byte {
	if string(head) != fastHead || remote == "" {
		return nil
	}
	q.answers.Add(1)
	return fmt.Appendf(to, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(q.body), q.body)
}

// serveLane starts a server with a lane. What its handler sees it answers: method, path, and the body's length.
func serveLane(t *testing.T, idle, head time.Duration) (*prompt, *httptest.Server) {
	t.Helper()
	first := &prompt{body: "fast"}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, len(b))
	}))
	pace := reply.DefaultPace(time.Now)
	pace.Idle = 2 * time.Second
	s.Listener = reply.Guard(s.Listener, reply.Lane{First: first, Idle: idle, Head: head, Pace: pace})
	s.Config.ReadHeaderTimeout, s.Config.IdleTimeout = head, idle
	s.Start()
	t.Cleanup(s.Close)
	return first, s
}

// talk is one connection.
type talk struct {
	*testing.T
	net.Conn
	from *bufio.Reader
}

func dialLane(t *testing.T, s *httptest.Server) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &talk{t, conn, bufio.NewReader(conn)}
}

func (c *talk) say(pieces ...string) {
	c.Helper()
	for _, piece := range pieces {
		if _, err := io.WriteString(c.Conn, piece); err != nil {
			c.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond) // so that they come by themselves
	}
}

// hear reads answers.
func (c *talk) hear(want ...string) {
	c.Helper()
	for _, text := range want {
		resp, err := http.ReadResponse(c.from, nil)
		if err != nil {
			c.Fatalf("want %q: %v", text, err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != text {
			c.Errorf("got %d %q, %v, want %q", resp.StatusCode, got, err, text)
		}
	}
}

// What comes between two requests as a whole is answered in the lane; all else is net/http's, in its order.
func TestTheLaneAnswersBetweenRequests(t *testing.T) {
	t.Parallel()
	const (
		slow          = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
		post          = "POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
		viaGo, posted = "GET /fast 0", "POST /up 31"
	)
	length := len(fastHead)
	body := fmt.Sprintf(post, length) + fastHead
	chunked := "POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	for name, c := range map[string]struct {
		said, heard []string
		answers     int64
	}{
		"by itself":                    {[]string{fastHead}, []string{"fast"}, 1},
		"again and again":              {[]string{fastHead, fastHead, fastHead}, []string{"fast", "fast", "fast"}, 3},
		"behind another":               {[]string{slow, fastHead, slow, fastHead}, []string{"GET /slow 0", "fast", "GET /slow 0", "fast"}, 2},
		"two at once":                  {[]string{fastHead + fastHead}, []string{viaGo, viaGo}, 0},
		"with another at once":         {[]string{slow + fastHead, fastHead}, []string{"GET /slow 0", viaGo, "fast"}, 1},
		"in two pieces":                {[]string{fastHead[:9], fastHead[9:], fastHead}, []string{viaGo, "fast"}, 1},
		"a byte ahead":                 {[]string{fastHead[:1], fastHead[1:], fastHead}, []string{viaGo, "fast"}, 1},
		"as a body":                    {[]string{body, fastHead}, []string{posted, "fast"}, 1},
		"as a body that comes later":   {[]string{body[:len(body)-length], fastHead, fastHead}, []string{posted, "fast"}, 1},
		"as the end of a body":         {[]string{fmt.Sprintf(post, length+2) + "ab", fastHead, fastHead}, []string{"POST /up 33", "fast"}, 1},
		"as a chunk":                   {[]string{chunked + "1f\r\n", fastHead, "\r\n0\r\n\r\n"}, []string{"POST /up 31"}, 0},
		"as the rest of another head":  {[]string{"GET /slow HTTP/1.1\r\nA: ", fastHead}, []string{"GET /slow 0"}, 0},
		"half of it, then another one": {[]string{"GET /slow HTTP/1.1\r\n", "Host: x\r\n\r\n", fastHead}, []string{"GET /slow 0", "fast"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, s := serveLane(t, 20*time.Second, 20*time.Second)
			conn := dialLane(t, s)
			conn.say(c.said...)
			conn.hear(c.heard...)
			if got := first.answers.Load(); got != c.answers {
				t.Errorf("%d were answered in the lane, want %d", got, c.answers)
			}
		})
	}
}

// A connection ends when nothing more is asked, counted from the last answer, and when a head does not go on.
func TestTheLaneKeepsTime(t *testing.T) {
	t.Parallel()
	closed := func(c *talk) time.Duration {
		begin := time.Now()
		if _, err := c.from.ReadByte(); err != io.EOF {
			c.Errorf("got %v, want the end", err)
		}
		return time.Since(begin)
	}
	_, s := serveLane(t, 2*time.Second, 20*time.Second)
	conn := dialLane(t, s)
	for range 4 { // longer than it may be silent
		conn.say(fastHead)
		conn.hear("fast")
		time.Sleep(time.Second)
	}
	conn.say(fastHead)
	conn.hear("fast")
	if took := closed(conn); took > 10*time.Second {
		t.Errorf("silent: closed after %v", took)
	}
	_, s = serveLane(t, 20*time.Second, time.Second)
	conn = dialLane(t, s)
	conn.say(fastHead)
	conn.hear("fast")
	conn.say("GET /slow HTTP/1.1\r\n")
	begin := time.Now()
	if _, err := io.ReadAll(conn.from); err != nil || time.Since(begin) > 10*time.Second {
		t.Errorf("half a head: closed after %v, %v", time.Since(begin), err)
	}
}

// Who does not read what they ask for is left.
func TestTheLaneLeavesWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	first, s := serveLane(t, 20*time.Second, 20*time.Second)
	conn := dialLane(t, s)
	if err := conn.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	first.body = strings.Repeat("fast", 1<<18)
	var err error
	for n := 0; err == nil && n < 2000; n++ {
		_, err = io.WriteString(conn.Conn, fastHead)
		time.Sleep(5 * time.Millisecond) // so that they come by themselves, as long as they are read
	}
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v after %d answers, want the connection closed", err, first.answers.Load())
	}
}
