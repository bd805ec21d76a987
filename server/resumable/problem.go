package resumable

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// answer is how this dialect says one Kind of failure.
type answer struct {
	status int
	retry  int // seconds for Retry-After; 0: none
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
	fault.WrongOffset:     {http.StatusConflict, 0},
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

// The draft's problem types.
const (
	problems           = "https://iana.org/assignments/http-problem-types#"
	mismatchingOffset  = problems + "mismatching-upload-offset"
	completedUpload    = problems + "completed-upload"
	inconsistentLength = problems + "inconsistent-upload-length"
)

// mismatch is a problem that says where the upload stands.
type mismatch struct {
	reply.Problem
	Expected int64 `json:"expected-offset"`
	Provided int64 `json:"provided-offset"`
}

// Owns says whether a path belongs to this dialect.
func Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, "/v1/communities/")
	_, rest, _ = strings.Cut(rest, "/")
	return ok && (rest == "uploads" || strings.HasPrefix(rest, "uploads/"))
}

// Fail answers with err.
func (h *Handler) Fail(c echo.Context, err error) error {
	a := answers[fault.Of(err)]
	p := reply.NewProblem(c, a.status, err)
	if offset, ok := errors.AsType[*storage.OffsetError](err); ok {
		p.Type = mismatchingOffset
		return reply.Refuse(c, p.Status, mismatch{p, offset.Have, offset.Got})
	}
	if _, ok := errors.AsType[lengthError](err); ok {
		p.Type = inconsistentLength
	}
	if _, ok := errors.AsType[*storage.BeyondError](err); ok {
		p = reply.NewProblem(c, http.StatusBadRequest, err)
		p.Type = inconsistentLength
	}
	if _, ok := errors.AsType[completedError](err); ok {
		p.Type = completedUpload
	}
	head := c.Response().Header()
	reply.Later(head, err, a.retry)
	switch p.Status {
	case http.StatusUnauthorized:
		auth.Challenge(head)
	case http.StatusRequestEntityTooLarge:
		if v, _ := h.speaks(c.Request().Header); head.Get("Upload-Limit") == "" {
			h.limit(head, v, storage.Upload{}, photoWanted(c.QueryParams()))
		}
	}
	return reply.Refuse(c, p.Status, p)
}

// WrongMethod answers a request whose path has other methods. The Allow header is the router's.
func (h *Handler) WrongMethod(c echo.Context) error {
	return reply.Refuse(c, http.StatusMethodNotAllowed, reply.WrongMethod(c))
}
