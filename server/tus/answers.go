package tus

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage/fault"
)

// answer is how this dialect says one Kind of failure.
type answer struct {
	status int
	retry  int // seconds for Retry-After where the error names no time itself; 0: none
}

// checksumMismatch is the protocol's own status.
const checksumMismatch = 460

// answers has a line for every Kind. What a client mends by asking where the upload stands and going on from
// there is 409, which the clients of tus take for that; to any other 4xx they give the upload up.
var answers = map[fault.Kind]answer{
	fault.Malformed:       {http.StatusBadRequest, 0},
	fault.Invalid:         {http.StatusBadRequest, 0},
	fault.Unauthenticated: {http.StatusUnauthorized, 0},
	fault.Forbidden:       {http.StatusForbidden, 0},
	fault.NotFound:        {http.StatusNotFound, 0},
	fault.Gone:            {http.StatusGone, 0},
	fault.Exists:          {http.StatusConflict, 0},
	fault.Conflict:        {http.StatusConflict, 0},
	fault.Superseded:      {http.StatusConflict, 0},
	fault.WrongOffset:     {http.StatusConflict, 0},
	fault.Cut:             {http.StatusConflict, 0},
	fault.Stalled:         {http.StatusConflict, 0},
	fault.NoLength:        {http.StatusLengthRequired, 0},
	fault.Mismatch:        {checksumMismatch, 0},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, 0},
	fault.Unsupported:     {http.StatusUnsupportedMediaType, 0},
	fault.TooMany:         {http.StatusTooManyRequests, 60},
	fault.Full:            {http.StatusInsufficientStorage, 0},
	fault.Unavailable:     {http.StatusServiceUnavailable, 5},
	fault.Corrupt:         {http.StatusInternalServerError, 0},
	fault.Internal:        {http.StatusInternalServerError, 0},
}

// Fail answers with err in one line of text: a stable code and a sentence.
func (h *Handler) Fail(c echo.Context, err error) error {
	public, kind := fault.Public(err), fault.Of(err)
	a, code := answers[kind], kind.String()
	if public.Reason != "" {
		code = public.Reason
	}
	text := code + ": " + public.Message
	if broken, ok := errors.AsType[*refusal](err); ok {
		a.status, text = broken.status, broken.text
	}
	head := c.Response().Header()
	switch a.status {
	case http.StatusUnauthorized:
		auth.Challenge(head)
	case http.StatusPreconditionFailed:
		head.Set("Tus-Version", version)
	}
	reply.Later(head, err, a.retry)
	return refuse(c, a.status, text)
}

// WrongMethod answers a request whose path has other methods. The Allow header is the router's.
func (h *Handler) WrongMethod(c echo.Context) error {
	return refuse(c, http.StatusMethodNotAllowed, "method_not_allowed: this path has no such method")
}

func refuse(c echo.Context, status int, text string) error {
	head := c.Response().Header()
	head.Set("Tus-Resumable", version)
	head.Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(status)
	}
	return c.String(status, text+"\n")
}
