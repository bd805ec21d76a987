package reply_test

import (
	"bufio"
	"bytes"
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

// wire is a listener whose connections count the writes that reach the kernel, and break one of them off.
type wire struct {
	net.Listener
	writes atomic.Int64
	breaks atomic.Int64 // which write ends in the middle, from 1 on; 0: none
}

func (w *wire) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	return &tapped{c, w}, err
}

type tapped struct {
	net.Conn
	wire *wire
}

func (c *tapped) Write(p []byte) (int, error) {
	if c.wire.writes.Add(1) != c.wire.breaks.Load() {
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:len(p)/2])
	return n, os.ErrDeadlineExceeded
}

// serveCorked starts a server as boot does, whose answers are h's. It returns its connections.
func serveCorked(t *testing.T, h func(w *reply.Writer, r *http.Request)) *wire {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paced := reply.NewWriter(w, r, reply.Pace{Idle: 5 * time.Second, Now: time.Now})
		h(paced, r)
		if err := paced.Close(); err != nil {
			t.Logf("not sent: %v", err)
		}
	}))
	at := &wire{Listener: s.Listener}
	s.Listener, s.Config.ConnContext = reply.Guard(at, reply.Lane{}), reply.ConnContext
	s.Start()
	t.Cleanup(s.Close)
	return at
}

// dial connects to the server, and sends what a client says first.
func (w *wire) dial(t *testing.T, said string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", w.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, said); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// Answers of all lengths around those of the buffers arrive as they were written, and small ones in one piece.
func TestCorkedAnswers(t *testing.T) {
	t.Parallel()
	const most = 100 << 10
	text := make([]byte, most)
	for i := range text {
		text[i] = byte(i ^ i>>8 ^ i>>13)
	}
	for _, declared := range []bool{true, false} {
		for _, pieces := range []int{1, 3} {
			t.Run(fmt.Sprintf("declared %t, in %d pieces", declared, pieces), func(t *testing.T) {
				t.Parallel()
				var length atomic.Int64
				at := serveCorked(t, func(w *reply.Writer, _ *http.Request) {
					body := text[:length.Load()]
					if declared {
						w.Header().Set("Content-Length", fmt.Sprint(len(body)))
					}
					for i := range pieces {
						part := body[len(body)*i/pieces : len(body)*(i+1)/pieces]
						if n, err := w.Write(part); n != len(part) || err != nil {
							t.Errorf("wrote %d of %d: %v", n, len(part), err)
						}
					}
				})
				conn, in := at.dial(t, "")
				for _, n := range []int{0, 1, 2047, 2048, 2049, 3900, 4095, 4096, 4097, 8757, 15900, 16383, 16384, 16385, 40000, most} {
					length.Store(int64(n))
					before := at.writes.Load()
					fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
					answer, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Fatal(err)
					}
					got, err := io.ReadAll(answer.Body)
					if err != nil || !bytes.Equal(got, text[:n]) {
						t.Fatalf("%d bytes: got %d, not the ones that were written (%v)", n, len(got), err)
					}
					if took := at.writes.Load() - before; pieces == 1 && declared && n < 16000 && took != 1 {
						t.Errorf("%d bytes took %d writes, want 1", n, took)
					}
				}
			})
		}
	}
}

// What a handler flushes, and an interim answer, reaches the client while the handler still works.
func TestFlushedAnswersDoNotWait(t *testing.T) {
	t.Parallel()
	heard := make(chan string)
	at := serveCorked(t, func(w *reply.Writer, _ *http.Request) {
		wait := func(what string) {
			select {
			case got := <-heard:
				if got != what {
					t.Errorf("the client heard %q, want %q", got, what)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("the client does not hear %q", what)
			}
		}
		w.WriteHeader(http.StatusEarlyHints)
		wait("hints")
		for range 2 {
			fmt.Fprint(w, "flushed\n")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			wait("flushed")
		}
	})
	_, in := at.dial(t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	for range 2 { // the status line of the hints, and an empty one
		if _, err := in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	heard <- "hints"
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	body := bufio.NewReader(answer.Body)
	for range 2 {
		line, err := body.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		heard <- strings.TrimSpace(line)
	}
}

// An answer that could not be sent whole ends its connection: nothing may be read as the rest of it.
func TestNothingFollowsABrokenAnswer(t *testing.T) {
	t.Parallel()
	for _, size := range []int{3000, 6000, 12000, 40000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			at := serveCorked(t, func(w *reply.Writer, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(size))
				_, _ = w.Write(bytes.Repeat([]byte("a"), size))
			})
			at.breaks.Store(1)
			_, in := at.dial(t, strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 2))
			answer, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer.Body)
			if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || len(bytes.Trim(got, "a")) > 0 {
				t.Errorf("got %d bytes, %d of them not of the answer, and %v; want the connection to end", len(got), len(bytes.Trim(got, "a")), err)
			}
		})
	}
}

// A client that does not read what was kept back is let go too.
func TestKeptAnswerToAReaderThatStops(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paced := reply.NewWriter(w, r, reply.Pace{Idle: 200 * time.Millisecond, Now: time.Now})
		_, err := io.CopyN(paced, zeros{}, 1<<30)
		ended <- errors.Join(err, paced.Close())
	}))
	s.Listener, s.Config.ConnContext = reply.Guard(s.Listener, reply.Lane{}), reply.ConnContext
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
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v, want a write that took too long", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the answer is still being sent")
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
