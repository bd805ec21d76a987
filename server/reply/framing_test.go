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

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
)

// listen starts a server behind Guard and Framing whose one handler echoes method, path and body. It returns the
// address and the number of requests that reached the handler.
func listen(t testing.TB) (string, *atomic.Int64) {
	t.Helper()
	var served atomic.Int64
	e := echo.New()
	e.Pre(reply.Framing)
	e.Any("/*", func(c echo.Context) error {
		served.Add(1)
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return echo.ErrBadRequest
		}
		return c.String(http.StatusOK, fmt.Sprintf("%s %s %s", c.Request().Method, c.Path(), body))
	})
	s := httptest.NewUnstartedServer(e)
	s.Listener = reply.Guard(s.Listener, reply.Lane{})
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), &served
}

// exchange sends raw and returns the statuses of all answers until the server closes; open tells that it did not.
func exchange(t *testing.T, address string, parts ...string) (statuses []int, open bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, part := range parts {
		if _, err := io.WriteString(conn, part); err != nil {
			break // the server may have refused and gone
		}
		if len(parts) > 1 {
			time.Sleep(time.Millisecond) // so that it arrives on its own
		}
	}
	in := bufio.NewReader(conn)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(700 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses, errors.Is(err, os.ErrDeadlineExceeded)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, answer.StatusCode)
	}
}

// next is a request that must not be served when it hides behind one that is refused.
const next = "GET /admin HTTP/1.1\r\nHost: x\r\n\r\n"

func TestFraming(t *testing.T) {
	t.Parallel()
	const chunked = "Transfer-Encoding: chunked\r\n"
	for _, test := range []struct {
		name, raw string
		want      string // statuses of the answers
		open      bool   // the connection stays open
	}{
		{"one", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", "[200]", true},
		{"two in a row", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab" + next, "[200 200]", true},
		{
			"a body that looks like a bad head",
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nA: b\nC: d" + next, "[200 200]", true,
		},
		{
			"old browsers' CRLF after a form",
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab\r\n" + next, "[200 200]", true,
		},
		{"chunked ends the connection", "POST / HTTP/1.1\r\nHost: x\r\n" + chunked + "\r\n1\r\na\r\n0\r\n\r\n" + next, "[200]", false},
		{"HTTP/1.0 ends the connection", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + next, "[200]", false},
		{"HTTP/1.0 chunked", "POST / HTTP/1.0\r\nConnection: keep-alive\r\n" + chunked + "\r\n" + next, "[200]", false},

		{"CL.TE", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n" + chunked + "\r\n0\r\n\r\n" + next, "[400]", false},
		{"TE.CL", "POST / HTTP/1.1\r\nHost: x\r\n" + chunked + "Content-Length: 4\r\n\r\n0\r\n\r\n" + next, "[400]", false},
		{"CL.TE on GET", "GET / HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "[400]", false},
		{
			"CL.TE in the second request",
			next + "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n" + chunked + "\r\n0\r\n\r\n", "[200 400]", false,
		},
		{
			"CL.TE in the second request, after a body",
			"PUT / HTTP/1.1\r\nContent-Length: 3\r\nHost: x\r\n\r\nabc" +
				"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n" + chunked + "\r\n0\r\n\r\n", "[200 400]", false,
		},
		{"CL twice, differing", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc" + next, "[400]", false},
		{"CL twice, equal", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab" + next, "[400]", false},
		{"CL as a list", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\nab" + next, "[400]", false},
		{"CL with a sign", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nab" + next, "[400]", false},
		{"CL of two numbers", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 2\r\n\r\nab" + next, "[400]", false},
		{"CL in hex", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2\r\n\r\nab" + next, "[400]", false},
		{"CL beyond all numbers", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nab", "[400]", false},
		{"CL before a space and colon", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\nab" + next, "[400]", false},
		{"TE twice", "POST / HTTP/1.1\r\nHost: x\r\n" + chunked + chunked + "\r\n0\r\n\r\n" + next, "[400]", false},
		{"TE unknown", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + next, "[501]", false},
		{"TE folded", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + next, "[400]", false},
		{"CL folded away", "POST / HTTP/1.1\r\nHost: x\r\nA: b\r\n Content-Length: 3\r\n\r\nabc" + next, "[400]", false},
		{"LF only", "GET / HTTP/1.1\nHost: x\n\n" + next, "[400]", false},
		{"LF in a header", "GET / HTTP/1.1\r\nHost: x\nContent-Length: 5\r\n\r\n" + next, "[400]", false},
		{"LF behind TE", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\n\r\n0\r\n\r\n" + next, "[400]", false},
		{"LF at the head's end", "GET / HTTP/1.1\r\nHost: x\r\n\n" + next, "[400]", false},
		{"CR only", "GET / HTTP/1.1\r\nHost: x\rContent-Length: 5\r\n\r\n" + next, "[400]", false},
		{"LF in a chunk's size", "POST / HTTP/1.1\r\nHost: x\r\n" + chunked + "\r\n1\na\r\n0\r\n\r\n" + next, "[400]", false},
		{"TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\nCookie: iglooauth=1\r\n\r\n" + next, "[405]", false},
		{"TRACE with a body", "TRACE / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab" + next, "[405]", false},
		{"not HTTP", "SSH-2.0-x\r\n\r\n", "[400]", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address, served := listen(t)
			statuses, open := exchange(t, address, test.raw)
			if got := fmt.Sprint(statuses); got != test.want || open != test.open {
				t.Errorf("at once: answers %s, open %v; want %s, open %v", got, open, test.want, test.open)
			}
			reached := served.Load()
			statuses, open = exchange(t, address, strings.Split(test.raw, "")...)
			if got := fmt.Sprint(statuses); got != test.want || open != test.open {
				t.Errorf("byte by byte: answers %s, open %v; want %s, open %v", got, open, test.want, test.open)
			}
			if got, want := served.Load()-reached, reached; got != want {
				t.Errorf("byte by byte %d requests were served, at once %d", got, want)
			}
		})
	}
}

func TestMethodOverrideIsIgnored(t *testing.T) {
	t.Parallel()
	address, _ := listen(t)
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		r, err := http.NewRequest(http.MethodPost, "http://"+address+"/x?_method=GET", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, "GET")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if want := "POST /* "; err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", header, got, err, want)
		}
	}
}

// BenchmarkGuard: what reading along costs for a request of usual size.
func BenchmarkGuard(b *testing.B) {
	address, _ := listen(b)
	body := strings.Repeat("x", 1<<20)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		answer, err := http.Post("http://"+address+"/", "text/plain", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			b.Fatal(err)
		}
		answer.Body.Close()
	}
}
