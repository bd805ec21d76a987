package photos

import (
	"encoding/json"
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

// problem is a refusal in the form of RFC 9457. Kind and Reason are stable codes; Detail is for people.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Kind      string `json:"kind"`
	Reason    string `json:"reason,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// Fail answers with err.
func (h *Handler) Fail(c echo.Context, err error) error {
	public := fault.Public(err)
	kind := fault.Of(err)
	a := answers[kind]
	reply.Later(c.Response().Header(), err, a.retry)
	if a.status == http.StatusUnauthorized {
		auth.Challenge(c.Response().Header())
	}
	return refuse(c, problem{
		Title: http.StatusText(a.status), Status: a.status, Detail: public.Message,
		Kind: kind.String(), Reason: public.Reason, Parameter: public.Param,
	})
}

// WrongMethod answers a request whose path has other methods. The Allow header is the router's.
func (h *Handler) WrongMethod(c echo.Context) error {
	return refuse(c, problem{
		Title: http.StatusText(http.StatusMethodNotAllowed), Status: http.StatusMethodNotAllowed,
		Detail: "this path has no such method", Kind: "method_not_allowed",
	})
}

func refuse(c echo.Context, p problem) error {
	head := c.Response().Header()
	head.Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(p.Status)
	}
	p.Type, p.RequestID = "about:blank", head.Get(echo.HeaderXRequestID)
	body, err := json.Marshal(p)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	return c.Blob(p.Status, "application/problem+json", body)
}
