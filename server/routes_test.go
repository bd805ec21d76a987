package server_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"cameo/server"
	"cameo/server/auth"
	"cameo/server/gigya"
	"cameo/server/igloo"
	"cameo/server/ops"
	"cameo/server/page"
	"cameo/server/photos"
	"cameo/server/resumable"
	"cameo/server/salesforce"
	"cameo/server/sessions"
	"cameo/server/tus"
)

// Each route is described, and each description has a route.
func TestRoutesAreDescribed(t *testing.T) {
	t.Parallel()
	var have, want []string
	param := regexp.MustCompile(`:([A-Za-z]+)`)
	for _, r := range routes(t) {
		have = append(have, r.Method+" "+param.ReplaceAllString(r.Path, "{$1}"))
	}
	for path, item := range description(t).Paths.Map() {
		for method := range item.Operations() {
			want = append(want, method+" "+path)
		}
	}
	slices.Sort(have)
	slices.Sort(want)
	for _, r := range have {
		if !slices.Contains(want, r) {
			t.Errorf("%s is not in openapi.yaml", r)
		}
	}
	for _, r := range want {
		if !slices.Contains(have, r) {
			t.Errorf("%s is in openapi.yaml and has no route", r)
		}
	}
}

func TestTheDescriptionIsGood(t *testing.T) {
	t.Parallel()
	doc := description(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.Summary == "" || o.OperationID == "" || len(o.Tags) != 1 {
				t.Errorf("%s %s: a summary, an operationId and one tag are wanted", method, path)
			}
			open := o.Security != nil && (len(*o.Security) == 0 || slices.ContainsFunc(*o.Security,
				func(r openapi3.SecurityRequirement) bool { return len(r) == 0 }))
			if o.Responses.Value("401") == nil && !open && method != "HEAD" {
				t.Errorf("%s %s: needs a session and does not say what happens without", method, path)
			}
		}
	}
}

func description(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../docs/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// routes are those of a server whose handlers have no parts: none of them is called.
func routes(t *testing.T) []*echo.Route {
	t.Helper()
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	uploads, err := tus.New(tus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e, ok := server.New(server.Default(nil), server.Parts{
		Auth: auth.New(nil, nil, nil), Gigya: gigya.New(gigya.Config{}), Igloo: igloo.New(igloo.Config{}), Tus: uploads, Uploads: resumable.New(resumable.Config{}), Photos: photos.New(photos.Config{}), Page: pages,
		Sessions: sessions.New(sessions.Config{}),
		Connect:  salesforce.New(salesforce.Config{}),
		Health:   ops.NewHealth(nil), Metrics: ops.NewMetrics(),
	}).(*echo.Echo)
	if !ok {
		t.Fatal("the handler is no echo instance")
	}
	all := e.Routes()
	return slices.DeleteFunc(all, func(r *echo.Route) bool { return strings.HasPrefix(r.Method, "echo_") })
}
