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
	body           []byte
	answers, ended atomic.Int64
}

func (p *prompt) Reply(room []byte, remote string, head []byte) ([]byte, []byte, bool) {
	if string(head) != fastHead || remote == "" {
		return nil, nil, false
	}
	p.answers.Add(1)
	return fmt.Appendf(room, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(p.body)), p.body, true
}

func (p *prompt) Replied() { p.ended.Add(1) }

// serveLane starts a server with a lane, set as server.Config does. What its handler sees it answers: method, path, and the
// body's length; /none nothing, and /late after a while.
func serveLane(t *testing.T, idle time.Duration) (*prompt, *httptest.Server) {
	t.Helper()
	first := &prompt{body: []byte("fast")}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNoContent)
			return
		case "/late":
			time.Sleep(100 * time.Millisecond)
		}
		fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, len(b))
	}))
	pace := reply.DefaultPace(time.Now)
	pace.Idle = time.Second
	s.Listener = reply.Guard(s.Listener, reply.Lane{First: first, Idle: idle, Pace: pace})
	s.Config.ReadHeaderTimeout, s.Config.IdleTimeout = time.Second, idle
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
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
		time.Sleep(5 * time.Millisecond) // so that they come by themselves
		if _, err := io.WriteString(c.Conn, piece); err != nil {
			c.Fatal(err)
		}
	}
}

// hear reads an answer.
func (c *talk) hear() string {
	c.Helper()
	resp, err := http.ReadResponse(c.from, nil)
	if err != nil {
		c.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	if resp.StatusCode == http.StatusNoContent {
		return "nothing"
	}
	return string(got)
}

// turn is what is said in pieces, and the answers that it gets.
type turn struct{ said, heard []string }

const (
	slowHead = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
	bySlow   = "GET /slow 0"
	byGo     = "GET /fast 0" // how the handler answers what the lane might have
)

// What comes between two requests as a whole is answered in the lane; all else is net/http's, in its order. What could be
// the lane's may still be net/http's: of a client that is quick it has read the first byte.
func TestTheLaneAnswersBetweenRequests(t *testing.T) {
	t.Parallel()
	const post, chunked = "POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", "POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	length := len(fastHead)
	body := fmt.Sprintf(post, length) + fastHead
	fast, slow := turn{[]string{fastHead}, []string{"fast"}}, turn{[]string{slowHead}, []string{bySlow}}
	for name, c := range map[string]struct {
		turns []turn // after a slow one
		most  int64  // that are answered in the lane
	}{
		"by itself":                  {[]turn{fast}, 1},
		"again and again":            {[]turn{fast, fast, fast}, 3},
		"by turns":                   {[]turn{fast, slow, fast, slow, fast}, 3},
		"two at once":                {[]turn{{[]string{fastHead + fastHead}, []string{byGo, byGo}}, fast}, 1},
		"with another at once":       {[]turn{{[]string{slowHead + fastHead}, []string{bySlow, byGo}}, fast}, 1},
		"in two pieces":              {[]turn{{[]string{fastHead[:9], fastHead[9:]}, []string{byGo}}, fast}, 1},
		"a byte ahead":               {[]turn{{[]string{fastHead[:1], fastHead[1:]}, []string{byGo}}, fast}, 1},
		"as a body":                  {[]turn{{[]string{body}, []string{"POST /up 31"}}, fast}, 1},
		"as a body that comes later": {[]turn{{[]string{body[:len(body)-length], fastHead}, []string{"POST /up 31"}}, fast}, 1},
		"as the end of a body":       {[]turn{{[]string{fmt.Sprintf(post, length+2) + "ab", fastHead}, []string{"POST /up 33"}}, fast}, 1},
		"as a chunk":                 {[]turn{{[]string{chunked + "1f\r\n", fastHead, "\r\n0\r\n\r\n"}, []string{"POST /up 31"}}}, 0},
		"as the rest of a head":      {[]turn{{[]string{"GET /slow HTTP/1.1\r\nA: ", fastHead}, []string{bySlow}}, fast}, 1},
		"a head in two pieces":       {[]turn{{[]string{"GET /slow HTTP/1.1\r\n", "Host: x\r\n\r\n"}, []string{bySlow}}, fast}, 1},
		"while a handler runs": {[]turn{{
			[]string{"GET /late HTTP/1.1\r\nHost: x\r\n\r\n", fastHead}, []string{"GET /late 0", byGo},
		}, fast}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, s := serveLane(t, 20*time.Second)
			for until := time.Now().Add(10 * time.Second); ; {
				conn, before := dialLane(t, s), first.answers.Load()
				for _, turn := range append([]turn{slow}, c.turns...) {
					conn.say(turn.said...)
					for _, want := range turn.heard {
						if got := conn.hear(); got != want && (want != "fast" || got != byGo) {
							t.Fatalf("%q: got %q, want %q", turn.said, got, want)
						}
					}
				}
				got := first.answers.Load() - before
				if got == c.most {
					break
				}
				if got > c.most || time.Now().After(until) {
					t.Fatalf("%d were answered in the lane, want %d", got, c.most)
				}
			}
			if first.answers.Load() != first.ended.Load() {
				t.Error("not every answer was told to be written")
			}
		})
	}
}

// A connection ends when nothing more is asked, counted from the last answer, and when a head does not go on.
func TestTheLaneKeepsTime(t *testing.T) {
	t.Parallel()
	_, s := serveLane(t, 2*time.Second)
	conn := dialLane(t, s)
	for range 4 { // longer than it may be silent
		conn.say(fastHead)
		conn.hear()
		time.Sleep(time.Second)
	}
	for name, said := range map[string]string{"silent": "", "half a head": "GET /slow HTTP/1.1\r\n"} {
		conn := dialLane(t, s)
		conn.say(slowHead)
		conn.hear()
		conn.say(fastHead)
		conn.hear()
		begin := time.Now()
		conn.say(said)
		if _, err := io.ReadAll(conn.from); err != nil || time.Since(begin) > 10*time.Second {
			t.Errorf("%s: closed after %v, %v", name, time.Since(begin), err)
		}
	}
}

// The time that an answer of the lane had is over when net/http answers next.
func TestTheLanesTimeIsItsOwn(t *testing.T) {
	t.Parallel()
	first, s := serveLane(t, 20*time.Second)
	conn := dialLane(t, s)
	conn.say(slowHead)
	conn.hear()
	for first.answers.Load() == 0 {
		conn.say(fastHead)
		conn.hear()
	}
	time.Sleep(3 * time.Second) // longer than a client may take to read
	conn.say("GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := conn.hear(); got != "nothing" {
		t.Errorf("got %q", got)
	}
	for before := first.answers.Load(); first.answers.Load() == before; {
		conn.say(fastHead)
		conn.hear()
	}
	conn.say("POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
	time.Sleep(3 * time.Second)
	conn.say("abc")
	for _, want := range []string{"", "POST /up 3"} {
		if got := conn.hear(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Who does not read what they ask for is left.
func TestTheLaneLeavesWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	first, s := serveLane(t, 20*time.Second)
	first.body = []byte(strings.Repeat("fast", 1<<18))
	conn := dialLane(t, s)
	if err := conn.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	conn.say(slowHead)
	conn.hear()
	var err error
	for n := 0; err == nil && n < 2000; n++ {
		_, err = io.WriteString(conn.Conn, fastHead)
		time.Sleep(5 * time.Millisecond) // so that they come by themselves, as long as they are read
	}
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v after %d answers, want the connection closed", err, first.answers.Load())
	}
}
