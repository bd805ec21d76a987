package reply

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// ErrInterrupted is what a Body reads after Interrupt. What it means is for the one who interrupted to say.
var ErrInterrupted = errors.New("the reading of the body was interrupted")

// Pace is how slowly a body may come. Only the time spent waiting for the client counts.
type Pace struct {
	Idle    time.Duration    // a client that sends nothing for so long is cut off
	MinRate int64            // bytes a second that must come, averaged over Window
	Window  time.Duration    // no trickle outlives it
	Now     func() time.Time // the machine's own clock, to which the network's deadlines refer
}

// DefaultPace cuts a client that is silent for 30 s, or sends less than 1 KiB a second over 30 s.
func DefaultPace(now func() time.Time) Pace {
	return Pace{Idle: 30 * time.Second, MinRate: 1024, Window: 30 * time.Second, Now: now}
}

// Body is a request's body that ends when its client is too slow (Stalled), goes away (Cut), or is
// interrupted (ErrInterrupted). It fits storage.Body. One goroutine reads; Interrupt and Close may be called
// from any.
//
// Over HTTP/1.1 net/http cancels the request's context as soon as a read fails, also by a deadline: what an
// answer still needs after that must be asked for with context.WithoutCancel.
type Body struct {
	body    io.Reader
	control *http.ResponseController
	head    http.Header // of the answer; nil where a connection carries many of them at once
	pace    Pace
	left    int64 // declared bytes that have not come yet; below 0 when none were declared

	// Of the reader alone: the window in which the rate is measured.
	since  time.Time     // when the present Read began to wait
	waited time.Duration // time spent waiting in this window
	got    int64         // bytes that came in this window

	mu          sync.Mutex // held while a deadline is set, so that no extension undoes an Interrupt
	interrupted bool
	closed      bool
	end         error // what the last Read gave and every later one gives
}

// NewBody takes over the body of c's request. The handler must Close it before it returns.
func NewBody(c echo.Context, pace Pace) *Body {
	// The writer below echo's: echo uses its own again for other requests.
	b := &Body{
		body: c.Request().Body, control: http.NewResponseController(c.Response().Writer),
		pace: pace, left: c.Request().ContentLength,
	}
	if c.Request().ProtoMajor == 1 {
		b.head = c.Response().Header()
	}
	if b.left == 0 || b.body == nil || b.body == http.NoBody {
		b.end = io.EOF // nothing to wait for: the connection's deadline is left alone
	}
	return b
}

// Read is io.Reader's. Bytes may come together with an error, and count.
func (b *Body) Read(p []byte) (int, error) {
	if err := b.await(); err != nil {
		return 0, err
	}
	n, err := b.body.Read(p)
	return n, b.judge(n, err)
}

// Interrupt makes a blocked Read return soon and every later one give ErrInterrupted. A body that has ended
// stays as it ended.
func (b *Body) Interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end != nil || b.closed || b.interrupted {
		return
	}
	b.interrupted = true
	b.deadline(b.pace.Now().Add(-time.Second))
}

// afterwards is how long a connection still takes what comes of a body that was interrupted, after the
// answer. As long as net/http does it with the rest of a large one.
const afterwards = 500 * time.Millisecond

// Close ends the Body and never fails. After it nothing here touches the connection, which may carry another
// request by then. If the body was interrupted, the answer goes out at once and the connection ends with it,
// but not while the client may be sending: a connection that is closed with bytes unread is reset, and the
// client might never see the answer.
func (b *Body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.interrupted && !b.closed && !errors.Is(b.end, io.EOF) && b.head != nil {
		b.head.Set(echo.HeaderConnection, "close")
		b.deadline(b.pace.Now().Add(afterwards))
	}
	b.closed = true
	return nil
}

// await sets the deadline of the Read that follows, or says why there is none.
func (b *Body) await() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.end != nil:
		return b.end
	case b.interrupted:
		return ErrInterrupted
	case b.closed:
		return http.ErrBodyReadAfterClose
	}
	limit := b.pace.Idle
	if b.got < b.quota() {
		limit = min(limit, b.pace.Window-b.waited)
	}
	b.since = b.pace.Now()
	b.deadline(b.since.Add(limit))
	return nil
}

// judge counts what came and turns the transport's error into ours.
func (b *Body) judge(n int, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left >= 0 {
		b.left -= int64(n)
	}
	b.got += int64(n)
	b.waited += b.pace.Now().Sub(b.since)
	switch {
	case err != nil:
		b.end = b.name(err)
	case b.waited >= b.pace.Window && b.got < b.quota():
		b.end = stalled(nil)
	case b.waited >= b.pace.Window:
		b.waited, b.got = 0, 0
	}
	if errors.Is(b.end, io.EOF) && !b.closed {
		b.deadline(time.Time{}) // the connection may idle again, for its next request
	}
	return b.end
}

// quota is how many bytes a window must bring.
func (b *Body) quota() int64 { return int64(float64(b.pace.MinRate) * b.pace.Window.Seconds()) }

// name says what a failed read of the transport means.
func (b *Body) name(err error) error {
	ended := err == io.EOF //nolint:errorlint // a wrapped EOF is no end that the transport vouches for
	var large *http.MaxBytesError
	switch {
	case ended && b.left <= 0:
		return io.EOF
	case b.interrupted:
		return ErrInterrupted
	case errors.Is(err, os.ErrDeadlineExceeded):
		return stalled(err)
	case ended:
		err = io.ErrUnexpectedEOF // nobody above may take the cause for a good end
	case errors.As(err, &large):
		return fault.Wrap(err, fault.TooLarge, "the body is larger than %d bytes", large.Limit)
	}
	return fault.Wrap(err, fault.Cut, "%s", fault.Cut.Sentence())
}

// deadline sets the connection's read deadline. A writer that has none (a recorder in a test) is read
// without, and what is wrong with a connection shows in the read itself.
func (b *Body) deadline(t time.Time) { _ = b.control.SetReadDeadline(t) }

func stalled(cause error) error {
	return fault.Wrap(cause, fault.Stalled, "%s", fault.Stalled.Sentence())
}
