package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/server/resumable"
	"cameo/server/salesforce"
	"cameo/storage/fault"
)

// dialect says a failure in the words of its clients.
type dialect interface {
	// Fail answers with err, by the dialect's table of Kinds.
	Fail(c echo.Context, err error) error
	// WrongMethod answers 405; the Allow header is set already.
	WrongMethod(c echo.Context) error
}

// dialect is chosen by the path alone, so that a request which finds no route is refused in the right words
// too.
func (s *site) dialect(path string) dialect {
	if strings.HasPrefix(path, "/.api2/") || strings.HasPrefix(path, "/.api/") {
		return s.Igloo
	}
	if salesforce.Speaks(path) {
		return s.Connect
	}
	if room, ok := strings.CutPrefix(path, "/v1/communities/"); ok {
		if _, below, _ := strings.Cut(room, "/"); strings.HasPrefix(below, "tus/") {
			return s.Tus
		}
	}
	if resumable.Owns(path) {
		return s.Uploads
	}
	if strings.HasPrefix(path, "/accounts.") || strings.HasPrefix(path, "/socialize.") {
		return s.Gigya
	}
	if path == "/signin" || path == "/signout" || strings.HasPrefix(path, "/signin/") {
		return s.Page
	}
	return s.Photos
}

// fail is the one place where an error becomes an answer, and where failures of ours are logged.
func (s *site) fail(err error, c echo.Context) {
	status := 0
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		err, status = kinded(e), e.Code
	}
	if status != http.StatusMethodNotAllowed {
		c.Set(faultKey, fault.Of(err))
	}
	s.complain(c, err)
	s.exceeded(c, err)
	if c.Response().Committed {
		return
	}
	d := s.dialect(c.Request().URL.Path)
	answer := func() error { return d.Fail(c, err) }
	if status == http.StatusMethodNotAllowed {
		answer = func() error { return d.WrongMethod(c) }
	}
	if err := answer(); err != nil {
		s.Log.DebugContext(c.Request().Context(), "not sent", requestID(c), slog.String("error", err.Error()))
	}
}

// complain logs a failure of ours. That a client went away is none: it cancels what is done for the request,
// or fails the writing of an answer that has begun, with an error that has no Kind because nothing of ours
// made it.
func (s *site) complain(c echo.Context, err error) {
	if !fault.Of(err).Ours() {
		return
	}
	level := slog.LevelError
	if fault.Is(err, fault.Unavailable) { // it passes, as when the server stops
		level = slog.LevelWarn
	}
	_, made := errors.AsType[fault.Kinded](err)
	if errors.Is(err, context.Canceled) || c.Response().Committed && !made {
		level = slog.LevelDebug
	}
	s.Log.Log(c.Request().Context(), level, "request failed", requestID(c), slog.String("error", err.Error()))
}

// drainSoon bounds how long net/http may wait for a body that nobody has begun to read: it drains 256 KiB at
// most before it answers, and closes the connection when more would follow. Once reading has begun, the
// reader's own deadlines hold; one that was interrupted must not begin to wait again.
func (s *site) drainSoon(c echo.Context) {
	if c.Request().ContentLength == 0 {
		return
	}
	// A writer without deadlines, a recorder in a test, has no connection to wait for.
	_ = http.NewResponseController(c.Response().Writer).SetReadDeadline(s.Pace.Now().Add(s.DrainTimeout))
}

// kinded gives an error of echo's own a Kind.
func kinded(e *echo.HTTPError) error {
	switch e.Code {
	case http.StatusNotFound:
		return fault.New(fault.NotFound, "there is nothing at this path")
	case http.StatusRequestEntityTooLarge:
		return fault.Wrap(e, fault.TooLarge, "%s", fault.TooLarge.Sentence())
	}
	if e.Code >= http.StatusInternalServerError {
		return fault.Wrap(e, fault.Internal, "%s", fault.Internal.Sentence())
	}
	return fault.Wrap(e, fault.Malformed, "%s", fault.Malformed.Sentence())
}
