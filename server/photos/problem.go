package photos

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage/fault"
)

// answer is how our own API says one Kind of failure.
type answer struct {
	status int
	retry  int // seconds for Retry-After where the error names no time itself; 0: none
}

// answers has a line for every Kind.
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
	fault.WrongOffset:     {http.StatusRequestedRangeNotSatisfiable, 0},
	fault.Cut:             {http.StatusBadRequest, 0},
	fault.Stalled:         {http.StatusRequestTimeout, 0},
	fault.NoLength:        {http.StatusLengthRequired, 0},
	fault.Mismatch:        {http.StatusBadRequest, 0},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, 0},
	fault.Unsupported:     {http.StatusUnsupportedMediaType, 0},
	fault.TooMany:         {http.StatusTooManyRequests, 60},
	fault.Full:            {http.StatusInsufficientStorage, 0},
	fault.Unavailable:     {http.StatusServiceUnavailable, 5},
	fault.Corrupt:         {http.StatusInternalServerError, 0},
	fault.Internal:        {http.StatusInternalServerError, 0},
}

// Fail answers with err.
func (h *Handler) Fail(c echo.Context, err error) error {
	a := answers[fault.Of(err)]
	reply.Later(c.Response().Header(), err, a.retry)
	if a.status == http.StatusUnauthorized {
		auth.Challenge(c.Response().Header())
	}
	return reply.Refuse(c, a.status, reply.NewProblem(c, a.status, err))
}

// WrongMethod answers a request whose path has other methods. The Allow header is the router's.
func (h *Handler) WrongMethod(c echo.Context) error {
	return reply.Refuse(c, http.StatusMethodNotAllowed, reply.WrongMethod(c))
}
