package tus

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
	tusd "github.com/tus/tusd/v2/pkg/handler"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// exchange is one request on its way through the library, and what the library does not know of it.
type exchange struct {
	h      *Handler
	c      echo.Context
	actor  auth.Actor
	method string
	u      storage.Upload // as it is known last; without a key before it was created
	meta   metadata       // of a creation
	body   *reply.Body
	err    error // what the engine refused
}

// carried is the context's key for the exchange.
type carried struct{}

func (h *Handler) exchange(c echo.Context, actor auth.Actor) *exchange {
	return &exchange{h: h, c: c, actor: actor, method: method(c.Request())}
}

// owns says whether the upload is the actor's own.
func (x *exchange) owns() bool { return x.u.Owner == x.actor.GUID.Subject() }

// pass lets the library judge the request, and answers.
func (x *exchange) pass() error {
	x.body = reply.NewBody(x.c, x.h.Pace)
	defer x.body.Close()
	r := x.c.Request()
	r = r.WithContext(context.WithValue(r.Context(), carried{}, x))
	r.Method, r.Body = x.method, x.body
	r.URL = &url.URL{Path: string(x.u.Key)} // communities are none of the library's business
	answer := page{header: http.Header{}}
	x.h.library.ServeHTTP(&answer, r)
	switch {
	case x.err != nil:
		return x.err
	case answer.status >= http.StatusBadRequest:
		return refused(answer)
	}
	if x.method != http.MethodDelete {
		if err := x.h.Finish(x.c, x.u); err != nil {
			return err
		}
	}
	return x.answer(answer)
}

// answer completes what the library says, and sends it.
func (x *exchange) answer(page page) error {
	head := x.c.Response().Header()
	for name, values := range page.header {
		head[name] = values
	}
	head.Del("Content-Length") // in an answer to HEAD the library gives the upload's
	if extensions := head.Get("Tus-Extension"); extensions != "" {
		head.Set("Tus-Extension", extensions+extra)
		head.Set("Tus-Checksum-Algorithm", algorithms)
		return x.c.NoContent(page.status)
	}
	head.Set("Cache-Control", "no-store")
	if x.u.State == storage.Active {
		head.Set("Upload-Expires", x.u.Expires.Time().Format(http.TimeFormat))
	}
	switch x.method {
	case http.MethodPost:
		at := "/v1/communities/" + x.u.Community.String() + segment + string(x.u.Key)
		head.Set(echo.HeaderLocation, reply.Origin(x.c, x.h.Public)+at)
	case http.MethodHead:
		told, joined := remembered(x.u)
		setAgain(head, "Upload-Metadata", told)
		setAgain(head, "Upload-Concat", joined)
		if err := x.h.digest(x.c, x.u); err != nil {
			return err
		}
	}
	return x.c.NoContent(page.status)
}

// setAgain gives back a header as it was sent.
func setAgain(head http.Header, name, value string) {
	head.Del(name)
	if value != "" {
		head.Set(name, value)
	}
}

// page is what the library writes its answer on. It has no connection: time limits are the house's.
type page struct {
	header http.Header
	status int
	text   bytes.Buffer
}

// Header is http.ResponseWriter's.
func (p *page) Header() http.Header { return p.header }

// WriteHeader is http.ResponseWriter's.
func (p *page) WriteHeader(status int) { p.status = status }

// Write is http.ResponseWriter's.
func (p *page) Write(b []byte) (int, error) { return p.text.Write(b) }

// refusal is what the library says of a request that breaks the protocol.
type refusal struct {
	status int
	text   string // a code and a sentence
}

// refused is the library's refusal, with the status that the protocol advises where the library has another.
func refused(answer page) *refusal {
	r := &refusal{status: answer.status, text: strings.TrimSpace(answer.text.String())}
	if code, _, _ := strings.Cut(r.text, ":"); code == tusd.ErrInvalidContentType.ErrorCode {
		r.status = http.StatusUnsupportedMediaType
	}
	return r
}

// Error is the code and the sentence.
func (r *refusal) Error() string { return r.text }

// FaultKind is by the status.
func (r *refusal) FaultKind() fault.Kind {
	switch r.status {
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict:
		return fault.WrongOffset
	case http.StatusRequestEntityTooLarge:
		return fault.TooLarge
	case http.StatusUnsupportedMediaType:
		return fault.Unsupported
	case http.StatusForbidden:
		return fault.Conflict
	}
	return fault.Malformed
}
