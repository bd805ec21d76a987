package reply

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// Problem is a refusal in the form of RFC 9457. Kind and Reason are stable codes; Detail is for people. A
// dialect that has more to say embeds it.
type Problem struct {
	Type      string `json:"type"` // a URI, or about:blank
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Kind      string `json:"kind"`
	Reason    string `json:"reason,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// NewProblem is what a client may know of err, answered with status.
func NewProblem(c echo.Context, status int, err error) Problem {
	public := fault.Public(err)
	return Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: public.Message,
		Kind: fault.Of(err).String(), Reason: public.Reason, Parameter: public.Param,
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID),
	}
}

// WrongMethod is the Problem of a request whose path has other methods.
func WrongMethod(c echo.Context) Problem {
	return Problem{
		Type: "about:blank", Title: http.StatusText(http.StatusMethodNotAllowed),
		Status: http.StatusMethodNotAllowed, Detail: "this path has no such method", Kind: "method_not_allowed",
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID),
	}
}

// Refuse answers with status and p, a Problem or what embeds one. HEAD gets no body.
func Refuse(c echo.Context, status int, p any) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(status)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	return c.Blob(status, "application/problem+json", body)
}
