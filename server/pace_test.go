package server_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/boot"
	"cameo/server/reply"
	"cameo/server/servertest"
)

// A client that asks for much and reads nothing is let go.
func TestReaderThatStops(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	e := echo.New()
	pace := reply.Pace{Idle: 200 * time.Millisecond, Now: time.Now}
	e.GET("/", func(c echo.Context) error {
		c.Response().Writer = reply.NewWriter(c.Response().Writer, c.Request(), pace)
		_, err := io.Copy(c.Response(), io.LimitReader(rand.Reader, 1<<30))
		ended <- err
		return err
	})
	e.Logger.SetOutput(io.Discard)
	s := httptest.NewUnstartedServer(e)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the answer was sent whole to a client that reads nothing")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the answer is still being sent")
	}
}

// The body of a request that is no upload must come in time too.
func TestSmallBodyThatStops(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.IdleTimeout = boot.Duration(time.Second) }))
	conn, err := net.Dial("tcp", strings.TrimPrefix(i.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /.api2/api/v1/communities/1/attachments HTTP/1.1\r\nHost: x\r\n"+
		"Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", i.Token("6f9619ff-8b86-d011-b42d-00c04fc964ff"))
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestTimeout {
		t.Errorf("got %s, want 408", answer.Status)
	}
}

// A body that is declared and never sent keeps nobody, whatever the request asks for.
func TestBodyThatNobodyWants(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	for _, path := range []string{"/healthz", "/", "/v1/communities/1/users/6f9619ff-8b86-d011-b42d-00c04fc964ff/photo"} {
		for _, framing := range []string{"Content-Length: 10", "Transfer-Encoding: chunked"} {
			t.Run(path+" "+framing, func(t *testing.T) {
				t.Parallel()
				conn, err := net.Dial("tcp", strings.TrimPrefix(i.URL, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", path, framing)
				if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Error("the connection is still open")
				}
			})
		}
	}
}
