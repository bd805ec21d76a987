package igloo

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// envelope is the shape of every refusal, and of the answers below /.api/.
type envelope struct {
	XMLName            xml.Name   `json:"-"                   xml:"IglooApiResponse"`
	Namespace          string     `json:"-"                   xml:"xmlns,attr"`
	MinRequestPeriod   int        `json:"minRequestPeriod"    xml:"minRequestPeriod"`
	RequestSupportCode int64      `json:"requestSupportCode"  xml:"requestSupportCode"` // the X-Request-Id
	Exception          *exception `json:"exception,omitempty" xml:"exception"`
	Dictionary         *struct{}  `json:"dictionary"          xml:"-"`
	Response           *session   `json:"response"            xml:"response"`
}

// namespace is that of the older interface, in XML and in the names of its types.
const namespace = "http://schemas.iglooplatform.com/Igloo.Old.Common"

type exception struct {
	StatusCode int         `json:"statusCode"          xml:"statusCode"`
	Type       string      `json:"type"                xml:"type"`
	ErrorID    int         `json:"errorId"             xml:"errorId"`
	Message    string      `json:"message"             xml:"message"`
	ErrorTags  string      `json:"errorTags"           xml:"errorTags"`
	DataTokens []token     `json:"dataTokens"          xml:"dataTokens>token"`
	ErrorList  []exception `json:"errorList,omitempty" xml:"errorList>exception"`
	Timestamp  string      `json:"timestamp"           xml:"timestamp"`
}

// token is a fact about an error: ParameterName is what was wrong, Reason a stable code.
type token struct {
	Name      string `json:"name"                xml:"name"`
	Value     string `json:"value"               xml:"value"`
	IsLiteral bool   `json:"isLiteral,omitempty" xml:"isLiteral,omitempty"`
}

// Fail answers with err. A joined error becomes a list, and its first decides the status.
func (h *Handler) Fail(c echo.Context, err error) error {
	a := answers[fault.Of(err)]
	reply.Later(c.Response().Header(), err, a.retry)
	if a.status == http.StatusUnauthorized && !isOld(c) {
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
	if isOld(c) && spoken(fault.Of(err)) {
		return tell(c, http.StatusOK, envelope{Exception: &outer})
	}
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
	if c.Request().Method == http.MethodHead {
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.NoContent(status)
	}
	return tell(c, status, envelope{Exception: &e})
}

// tell answers with an envelope: in JSON, and below /.api/ in XML unless JSON is asked for.
func tell(c echo.Context, status int, e envelope) error {
	head := c.Response().Header()
	head.Set("Cache-Control", "no-store")
	code, err := strconv.ParseInt(head.Get(echo.HeaderXRequestID), 10, 64)
	if err == nil { // outside of our server nobody numbers the requests
		e.RequestSupportCode = code
	}
	if !isOld(c) || reply.Prefers(c.Request().Header, echo.MIMEApplicationJSON, echo.MIMEApplicationXML) {
		return reply.JSON(c, status, e)
	}
	e.Namespace = namespace
	text, err := xml.Marshal(e)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	return c.Blob(status, echo.MIMEApplicationXMLCharsetUTF8, text)
}

func single(err error, now string) exception {
	public := fault.Public(err)
	e := answers[fault.Of(err)].say(public.Message, now)
	if public.Reason == noGUID { // as Igloo says it
		e.DataTokens = append(e.DataTokens, token{Name: "InputFormat", Value: "Guid"})
	}
	if public.Param != "" {
		e.DataTokens = append(e.DataTokens, token{Name: "ParameterName", Value: public.Param, IsLiteral: true})
	}
	if public.Reason != "" && public.Reason != noGUID {
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
