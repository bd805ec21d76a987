package page

import (
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage/fault"
)

// answer is how a page says one Kind of failure.
type answer struct {
	status int
	title  string
	retry  time.Duration // for Retry-After; 0: none
}

const (
	badRequest = "This cannot be read"
	noAccess   = "This is not allowed"
	notHere    = "There is nothing here"
	inTheWay   = "This cannot be done now"
	ourFault   = "Something went wrong"
)

// answers has a line for every Kind.
var answers = map[fault.Kind]answer{
	fault.Malformed:       {http.StatusBadRequest, badRequest, 0},
	fault.Invalid:         {http.StatusBadRequest, badRequest, 0},
	fault.Unauthenticated: {http.StatusUnauthorized, "Please sign in", 0},
	fault.Forbidden:       {http.StatusForbidden, noAccess, 0},
	fault.NotFound:        {http.StatusNotFound, notHere, 0},
	fault.Gone:            {http.StatusGone, "This link does not work any more", 0},
	fault.Exists:          {http.StatusConflict, inTheWay, 0},
	fault.Conflict:        {http.StatusConflict, inTheWay, 0},
	fault.Superseded:      {http.StatusConflict, inTheWay, 0},
	fault.WrongOffset:     {http.StatusRequestedRangeNotSatisfiable, badRequest, 0},
	fault.Cut:             {http.StatusBadRequest, badRequest, 0},
	fault.Stalled:         {http.StatusRequestTimeout, badRequest, 0},
	fault.NoLength:        {http.StatusLengthRequired, badRequest, 0},
	fault.Mismatch:        {http.StatusBadRequest, badRequest, 0},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, badRequest, 0},
	fault.Unsupported:     {http.StatusUnsupportedMediaType, badRequest, 0},
	fault.TooMany:         {http.StatusTooManyRequests, "Please wait a moment", 5 * time.Second},
	fault.Full:            {http.StatusInsufficientStorage, inTheWay, 0},
	fault.Unavailable:     {http.StatusServiceUnavailable, inTheWay, 5 * time.Second},
	fault.Corrupt:         {http.StatusInternalServerError, ourFault, 0},
	fault.Internal:        {http.StatusInternalServerError, ourFault, 0},
}

// failure is what the page of a failure is made of.
type failure struct {
	frame
	Title, Trouble, Request string
}

// Fail answers with a page that says err.
func (h *Handler) Fail(c echo.Context, err error) error {
	status := h.status(c, err)
	return h.fail(c, status, answers[fault.Of(err)].title, sentence(err))
}

// WrongMethod answers a request whose path has other methods. The Allow header is the router's.
func (h *Handler) WrongMethod(c echo.Context) error {
	return h.fail(c, http.StatusMethodNotAllowed, badRequest, "This page has no such method.")
}

func (h *Handler) fail(c echo.Context, status int, title, trouble string) error {
	f := failure{h.frame(nil), title, trouble, c.Response().Header().Get(echo.HeaderXRequestID)}
	f.Bare = true
	return h.show(c, status, h.pages.Lookup("failure"), f)
}

// status is that of a failure; the headers say when to come again.
func (h *Handler) status(c echo.Context, err error) int {
	a := answers[fault.Of(err)]
	reply.Later(c.Response().Header(), err, int(a.retry.Seconds()))
	return a.status
}

// sentence is what a failure says, as a sentence.
func sentence(err error) string {
	text := fault.Public(err).Message
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[n:], ".") + "."
}
