package reply_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage/fault"
)

// reading is what a handler saw of a body.
type reading struct {
	data  []byte
	err   error // of the last Read, nil for io.EOF
	again error // of one more Read
	took  time.Duration
}

// server reads each request's body through a Body and reports it; begun gets each Body before it is read.
type server struct {
	*httptest.Server
	begun chan *reply.Body
	ended chan reading
}

func serve(t *testing.T, pace reply.Pace, secure bool) *server {
	t.Helper()
	s := &server{begun: make(chan *reply.Body, 10), ended: make(chan reading, 10)}
	e := echo.New()
	e.POST("/", func(c echo.Context) error {
		body := reply.NewBody(c, pace)
		defer body.Close()
		s.begun <- body
		var r reading
		start := time.Now()
		r.data, r.err = io.ReadAll(body)
		r.took = time.Since(start)
		_, r.again = body.Read(make([]byte, 10))
		s.ended <- r
		return c.String(http.StatusOK, fmt.Sprint(len(r.data)))
	})
	s.Server = httptest.NewUnstartedServer(e)
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// quick is a pace for tests that wait for it.
func quick() reply.Pace {
	return reply.Pace{Idle: 300 * time.Millisecond, MinRate: 1024, Window: time.Second, Now: time.Now}
}

// dial opens a connection and sends the head of a request that declares n bytes.
func dial(t *testing.T, s *server, n int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	send(t, conn, fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", n))
	return conn
}

func send(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// wait returns what the handler saw.
func (s *server) wait(t *testing.T) reading {
	t.Helper()
	select {
	case r := <-s.ended:
		return r
	case <-time.After(10 * time.Second):
		t.Fatal("the body is still being read")
		return reading{}
	}
}

// want checks the bytes and the kind of the end; kind 0 is the good end. Every later Read must say the same.
func (r reading) want(t *testing.T, data string, kind fault.Kind) {
	t.Helper()
	if got := string(r.data); got != data {
		t.Errorf("%d bytes %.20q, want %d bytes %.20q", len(got), got, len(data), data)
	}
	if got := fault.Of(r.err); got != kind {
		t.Errorf("end %v (%v), want %v", got, r.err, kind)
	}
	again := r.err
	if kind == 0 {
		again = io.EOF
	} else if errors.Is(r.err, io.EOF) {
		t.Errorf("%v is io.EOF", r.err)
	}
	if !errors.Is(r.again, again) {
		t.Errorf("a later Read gave %v, want %v", r.again, again)
	}
}

func TestBodyReadsToItsEndAndKeepsTheConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, quick(), false)
	data := strings.Repeat("x", 2000)
	conn := dial(t, s, len(data))
	send(t, conn, data)
	in := bufio.NewReader(conn)
	for range 3 {
		s.wait(t).want(t, data, 0)
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(answer.Body); string(got) != "2000" {
			t.Errorf("answer %q, want 2000", got)
		}
		time.Sleep(2 * quick().Idle) // longer than any deadline of the request before
		send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n"+data)
	}
}

func TestBodyOfUndeclaredLength(t *testing.T) {
	t.Parallel()
	s := serve(t, quick(), false)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	s.wait(t).want(t, "abc", 0)
	send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\n\r\n")
	s.wait(t).want(t, "", 0)
}

func TestBodyOfASilentClientIsStalled(t *testing.T) {
	t.Parallel()
	s := serve(t, quick(), false)
	conn := dial(t, s, 10)
	send(t, conn, "abc")
	r := s.wait(t)
	r.want(t, "abc", fault.Stalled)
	if r.took < quick().Idle || r.took > 5*time.Second {
		t.Errorf("took %v, want about %v", r.took, quick().Idle)
	}
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(conn); err != nil || !bytes.HasPrefix(all, []byte("HTTP/1.1 200")) {
		t.Errorf("the answer did not come, or the connection stayed: %q, %v", all, err)
	}
}

func TestBodyOfAClientThatGoesAwayIsCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		leave func(*net.TCPConn) error
	}{
		{"reset", func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) }},
		{"closed", func(c *net.TCPConn) error { return c.Close() }},
		{"half closed", func(c *net.TCPConn) error { return c.CloseWrite() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, reply.DefaultPace(time.Now), false)
			conn := dial(t, s, 10)
			<-s.begun
			send(t, conn, "abc")
			time.Sleep(100 * time.Millisecond) // the reset must not overtake the bytes
			if err := test.leave(conn.(*net.TCPConn)); err != nil {
				t.Fatal(err)
			}
			s.wait(t).want(t, "abc", fault.Cut)
		})
	}
}

func TestBodyThatTricklesIsStalled(t *testing.T) {
	t.Parallel()
	pace := reply.Pace{Idle: time.Second, MinRate: 1024, Window: 2 * time.Second, Now: time.Now}
	s := serve(t, pace, false)
	conn := dial(t, s, 5000)
	var sent strings.Builder
	for start := time.Now(); time.Since(start) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		if _, err := io.WriteString(conn, "x"); err != nil {
			break
		}
		if sent.WriteByte('x'); len(s.ended) > 0 {
			break
		}
	}
	r := s.wait(t)
	r.want(t, strings.Repeat("x", len(r.data)), fault.Stalled)
	if r.took < pace.Window-pace.Idle || r.took > 10*time.Second {
		t.Errorf("took %v, want about %v", r.took, pace.Window)
	}
	if len(r.data) < sent.Len()/2 {
		t.Errorf("%d bytes came of %d", len(r.data), sent.Len())
	}
}

func TestBodyThatKeepsTheMinimumRateIsRead(t *testing.T) {
	t.Parallel()
	s := serve(t, reply.Pace{Idle: time.Second, MinRate: 1024, Window: 200 * time.Millisecond, Now: time.Now}, false)
	piece := strings.Repeat("x", 1000)
	conn := dial(t, s, 10*len(piece))
	for range 10 {
		send(t, conn, piece)
		time.Sleep(60 * time.Millisecond)
	}
	s.wait(t).want(t, strings.Repeat(piece, 10), 0)
}

// A reader that is busy elsewhere is no fault of the client's.
func TestBodyDoesNotCountTheReadersOwnTime(t *testing.T) {
	t.Parallel()
	pace := reply.Pace{Idle: 200 * time.Millisecond, MinRate: 100, Window: 200 * time.Millisecond, Now: time.Now}
	ended := make(chan error, 1)
	e := echo.New()
	e.POST("/", func(c echo.Context) error {
		body := reply.NewBody(c, pace)
		defer body.Close()
		var err error
		for one := make([]byte, 1); err == nil; _, err = body.Read(one) {
			time.Sleep(2 * pace.Window)
		}
		ended <- err
		return nil
	})
	s := httptest.NewServer(e)
	defer s.Close()
	answer, err := http.Post(s.URL, "text/plain", strings.NewReader("abc"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want %v", err, io.EOF)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		secure bool
	}{{"HTTP/1.1", false}, {"HTTP/2", true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, reply.DefaultPace(time.Now), test.secure)
			piece, more := io.Pipe()
			go func() {
				r, err := http.NewRequest(http.MethodPost, s.URL, piece)
				if err != nil {
					return
				}
				r.ContentLength = 10
				if answer, err := s.Client().Do(r); err == nil {
					answer.Body.Close()
				}
			}()
			body := <-s.begun
			send(t, more, "abc")
			time.Sleep(100 * time.Millisecond) // the bytes arrive and the next Read blocks
			at := time.Now()
			for range 4 {
				go body.Interrupt()
			}
			r := s.wait(t)
			more.Close()
			if !errors.Is(r.err, reply.ErrInterrupted) || !errors.Is(r.again, reply.ErrInterrupted) {
				t.Errorf("got %v, then %v; want %v", r.err, r.again, reply.ErrInterrupted)
			}
			if got := string(r.data); got != "abc" {
				t.Errorf("got %q, want abc", got)
			}
			if took := time.Since(at); took > 5*time.Second { // the client may be silent for 30
				t.Errorf("it took %v", took)
			}
			body.Interrupt() // long after the handler returned: nothing happens
		})
	}
}

// A server that has to refuse a body in the middle answers at once, and takes what comes meanwhile: reset, the
// connection would take the answer with it.
func TestInterruptLeavesTimeForTheAnswer(t *testing.T) {
	t.Parallel()
	e := echo.New()
	e.POST("/", func(c echo.Context) error {
		body := reply.NewBody(c, reply.DefaultPace(time.Now))
		defer body.Close()
		if _, err := body.Read(make([]byte, 1)); err != nil {
			return err
		}
		body.Interrupt()
		return echo.NewHTTPError(http.StatusServiceUnavailable)
	})
	s := httptest.NewServer(e)
	defer s.Close()
	const half = 100_000
	conn := dial(t, &server{Server: s}, 2*half)
	send(t, conn, strings.Repeat("x", half))
	from := bufio.NewReader(conn)
	answer, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.ReadAll(answer.Body); err != nil || !answer.Close {
		t.Errorf("got %v, keeps the connection: %t; want all of the answer and Connection: close", err, !answer.Close)
	}
	for range 2 {
		send(t, conn, strings.Repeat("x", half/2))
		time.Sleep(20 * time.Millisecond) // a reset would be here by then
	}
	if b, err := io.ReadAll(from); err != nil || len(b) > 0 {
		t.Errorf("after the answer: got %q, %v; want the connection's end", b, err)
	}
}

// The deadline of a Read must never undo an Interrupt that comes in the same moment.
func TestInterruptIsNotLostWhileBytesArrive(t *testing.T) {
	t.Parallel()
	s := serve(t, reply.DefaultPace(time.Now), false)
	for i := range 50 {
		conn := dial(t, s, 1<<30)
		body := <-s.begun
		go func() {
			piece := make([]byte, 1000)
			for {
				if _, err := conn.Write(piece); err != nil {
					return
				}
			}
		}()
		time.Sleep(time.Duration(i) * 20 * time.Microsecond)
		body.Interrupt()
		if r := s.wait(t); !errors.Is(r.err, reply.ErrInterrupted) {
			t.Fatalf("round %d: got %v, want %v", i, r.err, reply.ErrInterrupted)
		}
		conn.Close()
	}
}

func TestInterruptBeforeAndAfterReading(t *testing.T) {
	t.Parallel()
	errs := make(chan error, 2)
	e := echo.New()
	e.POST("/before", func(c echo.Context) error {
		body := reply.NewBody(c, reply.DefaultPace(time.Now))
		defer body.Close()
		body.Interrupt()
		_, err := body.Read(make([]byte, 1))
		errs <- err
		return nil
	})
	e.POST("/after", func(c echo.Context) error {
		body := reply.NewBody(c, reply.DefaultPace(time.Now))
		defer body.Close()
		_, err := io.ReadAll(body)
		body.Interrupt()
		time.Sleep(50 * time.Millisecond) // a deadline in the past would end the request's context now
		errs <- errors.Join(err, c.Request().Context().Err())
		return nil
	})
	s := httptest.NewServer(e)
	defer s.Close()
	for path, want := range map[string]error{"/before": reply.ErrInterrupted, "/after": nil} {
		answer, err := http.Post(s.URL+path, "text/plain", strings.NewReader("abc"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := <-errs; !errors.Is(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestBodyOverHTTP2(t *testing.T) {
	t.Parallel()
	s := serve(t, quick(), true)
	post := func(ctx context.Context, length int64, from io.Reader) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, from)
		if err != nil {
			t.Error(err)
			return
		}
		r.ContentLength = length
		answer, err := s.Client().Do(r)
		if err != nil {
			return // as the client that went away
		}
		defer answer.Body.Close()
		if answer.ProtoMajor != 2 {
			t.Errorf("got HTTP/%d, want HTTP/2", answer.ProtoMajor)
		}
	}
	data := make([]byte, 3<<20)
	_, _ = rand.Read(data)
	post(t.Context(), int64(len(data)), bytes.NewReader(data))
	s.wait(t).want(t, string(data), 0)

	silent, more := io.Pipe()
	go post(t.Context(), 10, silent)
	send(t, more, "abc")
	s.wait(t).want(t, "abc", fault.Stalled)
	more.Close()

	ctx, leave := context.WithCancel(t.Context())
	cut, rest := io.Pipe()
	go post(ctx, 10, cut)
	send(t, rest, "abc")
	time.Sleep(100 * time.Millisecond)
	leave()
	s.wait(t).want(t, "abc", fault.Cut)
	rest.Close()
}

func TestBodyBeyondALimitIsTooLarge(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("abcdef"))
	r.Body = http.MaxBytesReader(rec, r.Body, 4)
	body := reply.NewBody(echo.New().NewContext(r, rec), quick())
	data, err := io.ReadAll(body)
	_, again := body.Read(make([]byte, 1))
	reading{data: data, err: err, again: again}.want(t, "abcd", fault.TooLarge)
}

// A transport without deadlines is measured all the same.
func TestBodyThatTricklesWithoutDeadlines(t *testing.T) {
	t.Parallel()
	now := time.Now()
	pace := reply.Pace{Idle: time.Hour, MinRate: 2, Window: 10 * time.Second, Now: func() time.Time {
		now = now.Add(time.Second) // each Read looks twice: a byte a second
		return now
	}}
	r := httptest.NewRequest(http.MethodPost, "/", iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 100))))
	body := reply.NewBody(echo.New().NewContext(r, httptest.NewRecorder()), pace)
	data, err := io.ReadAll(body)
	_, again := body.Read(make([]byte, 1))
	reading{data: data, err: err, again: again}.want(t, strings.Repeat("x", 10), fault.Stalled)
}

func TestBodyAfterClose(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("abc"))
	body := reply.NewBody(echo.New().NewContext(r, httptest.NewRecorder()), quick())
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("got %v, want %v", err, http.ErrBodyReadAfterClose)
	}
}
