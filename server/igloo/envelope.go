package igloo

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// envelope is the shape of every refusal.
type envelope struct {
	MinRequestPeriod   int       `json:"minRequestPeriod"`
	RequestSupportCode int64     `json:"requestSupportCode"` // the X-Request-Id, as a number
	Exception          exception `json:"exception"`
	Dictionary         *struct{} `json:"dictionary"`
	Response           *struct{} `json:"response"`
}

type exception struct {
	StatusCode int         `json:"statusCode"`
	Type       string      `json:"type"`
	ErrorID    int         `json:"errorId"`
	Message    string      `json:"message"`
	ErrorTags  string      `json:"errorTags"`
	DataTokens []token     `json:"dataTokens"`
	ErrorList  []exception `json:"errorList,omitempty"`
	Timestamp  string      `json:"timestamp"`
}

// token is a fact about an error: ParameterName is what was wrong, Reason a stable code.
type token struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	IsLiteral bool   `json:"isLiteral,omitempty"`
}

// Fail answers with err. A joined error becomes a list, and its first decides the status.
func (h *Handler) Fail(c echo.Context, err error) error {
	a := answers[fault.Of(err)]
	reply.Later(c.Response().Header(), err, a.retry)
	if a.status == http.StatusUnauthorized {
		auth.Challenge(c.Response().Header())
	}
	now := timestamp(h.Clock())
	var list []exception
	for _, one := range each(err) {
		list = append(list, single(one, now))
	}
	outer := list[0]
	if fault.Is(err, fault.Invalid) {
		outer = invalidInput().say("Your request failed due to invalid parameters.", now)
	}
	outer.DataTokens, outer.ErrorList = []token{}, list
	return write(c, a.status, outer)
}

// WrongMethod answers a request whose path has other methods. The Allow header is the router's.
func (h *Handler) WrongMethod(c echo.Context) error {
	now := timestamp(h.Clock())
	one := wrongMethod().say("This path has no such method.", now)
	outer := one
	outer.ErrorList = []exception{one}
	return write(c, one.StatusCode, outer)
}

func write(c echo.Context, status int, e exception) error {
	head := c.Response().Header()
	head.Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(status)
	}
	code, err := strconv.ParseInt(head.Get(echo.HeaderXRequestID), 10, 64)
	if err != nil {
		code = 0 // outside of our server nobody numbers the requests
	}
	return reply.JSON(c, status, envelope{RequestSupportCode: code, Exception: e})
}

func single(err error, now string) exception {
	public := fault.Public(err)
	e := answers[fault.Of(err)].say(public.Message, now)
	if public.Param != "" {
		e.DataTokens = append(e.DataTokens, token{Name: "ParameterName", Value: public.Param, IsLiteral: true})
	}
	if public.Reason != "" {
		e.DataTokens = append(e.DataTokens, token{Name: "Reason", Value: public.Reason, IsLiteral: true})
	}
	return e
}

func (a answer) say(message, now string) exception {
	return exception{
		StatusCode: a.status, Type: a.name, ErrorID: a.id, Message: message, ErrorTags: a.tags,
		DataTokens: []token{}, Timestamp: now,
	}
}

// each returns the parts of a joined error, or the error alone.
func each(err error) []error {
	// A list is the request's own if nothing is wrapped around it; one among the causes is not.
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		return list.Unwrap()
	}
	return []error{err}
}

func timestamp(m storage.Millis) string { return fmt.Sprintf("/Date(%d+0000)/", m) }
