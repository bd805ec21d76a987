package servertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"cameo/docs/api"
)

// Contract is an http.RoundTripper that holds what passes against the description of the interface: every
// answer, and every request that was not refused. What differs is an error in the answer's place.
type Contract struct {
	next   http.RoundTripper
	router routers.Router
}

// NewContract reads the description. Requests go on to next.
func NewContract(next http.RoundTripper) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec())
	if err != nil {
		return nil, fmt.Errorf("docs/api/openapi.yaml: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("docs/api/openapi.yaml: %w", err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("docs/api/openapi.yaml: %w", err)
	}
	return &Contract{next, router}, nil
}

// RoundTrip is http.RoundTripper's.
func (c *Contract) RoundTrip(r *http.Request) (*http.Response, error) {
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s is not described: %w", r.Method, r.URL.Path, err)
	}
	text, err := readable(r)
	if err != nil {
		return nil, err
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err := c.compare(exchange{r, text, route, params, resp, body}); err != nil {
		return nil, err
	}
	return resp, nil
}

// exchange is a request and its answer.
type exchange struct {
	r      *http.Request
	text   []byte // the request's body; nil when it is not looked at
	route  *routers.Route
	params map[string]string
	resp   *http.Response
	body   []byte
}

func (c *Contract) compare(x exchange) error {
	what := x.r.Method + " " + x.r.URL.Path
	asked := &openapi3filter.RequestValidationInput{
		Request: withText(x.r, x.text), PathParams: x.params, Route: x.route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeRequestBody: x.text == nil,
		},
	}
	if x.resp.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(x.r.Context(), asked); err != nil {
			return fmt.Errorf("%s was accepted and is not as described: %w", what, err)
		}
	}
	json := strings.HasPrefix(x.resp.Header.Get("Content-Type"), "application/json")
	answered := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: x.resp.StatusCode, Header: x.resp.Header,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, ExcludeResponseBody: !json || x.r.Method == http.MethodHead,
		},
	}
	answered.SetBodyBytes(x.body)
	if err := openapi3filter.ValidateResponse(x.r.Context(), answered); err != nil {
		return fmt.Errorf("%s: the answer %d is not as described: %w", what, x.resp.StatusCode, err)
	}
	return nil
}

// readable returns the body of a request that is text, and puts it back. Bytes of photos are not looked at:
// nil.
func readable(r *http.Request) ([]byte, error) {
	kind := r.Header.Get("Content-Type")
	if r.Body == nil || !strings.HasPrefix(kind, "application/") && !strings.HasPrefix(kind, "multipart/") {
		return nil, nil
	}
	text, err := io.ReadAll(r.Body)
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(text))
	return text, err
}

func withText(r *http.Request, text []byte) *http.Request {
	copied := r.Clone(r.Context())
	copied.Body = io.NopCloser(bytes.NewReader(text))
	return copied
}
