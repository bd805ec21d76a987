package reply

import (
	"maps"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Interim sends an interim answer (1xx) with these headers and no others, at once; those of the final answer
// stay as they are. HTTP/1.0 knows no such answer: nothing is sent then. One goroutine at a time, and none
// while the handler touches its headers. That the client is gone shows elsewhere.
//
// Over HTTP/2 net/http takes any interim answer for the one that a client waits for with its body, and leaves
// out its own 100: what is sent before the body is read must be followed by Continue.
func Interim(c echo.Context, pace Pace, status int, h http.Header) {
	if !c.Request().ProtoAtLeast(1, 1) {
		return
	}
	w := c.Response().Unwrap() // echo would take the status for the final one
	control := http.NewResponseController(w)
	// The limit must not stay: over HTTP/2 it would end the request, though nothing waits to be written.
	_ = control.SetWriteDeadline(pace.Now().Add(pace.Idle))
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	head := w.Header()
	final := maps.Clone(head)
	clear(head)
	maps.Copy(head, h)
	w.WriteHeader(status)
	clear(head)
	maps.Copy(head, final)
}

// Continue tells a client over HTTP/2 to send the body of its request. net/http hides whether it waits for
// that; one that does not passes it over.
func Continue(c echo.Context, pace Pace) {
	if c.Request().ProtoMajor >= 2 {
		Interim(c, pace, http.StatusContinue, nil)
	}
}
