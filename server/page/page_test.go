package page_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/docs/api"
	"cameo/server/auth"
	"cameo/server/page"
)

func render(t *testing.T, public string, show func(*page.Handler) echo.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	h, err := page.New(page.Config{Public: public, Auth: auth.New(nil, nil, nil)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://photos.test/", nil)
	if err := show(h)(echo.New().NewContext(r, w)); err != nil {
		t.Fatal(err)
	}
	return w
}

func home(h *page.Handler) echo.HandlerFunc { return h.Home }
func docs(h *page.Handler) echo.HandlerFunc { return h.Docs }
func spec(h *page.Handler) echo.HandlerFunc { return h.Spec }

func TestHomeShowsCommandsForThisAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ public, want string }{
		{"", "API=http://photos.test/.api2/api/v1/communities/1/attachments"},
		{"https://me.example/", "API=https://me.example/.api2/api/v1/communities/1/attachments"},
	} {
		if got := render(t, c.public, home).Body.String(); !strings.Contains(got, c.want) {
			t.Errorf("public %q: %s is not on the page", c.public, c.want)
		}
	}
}

// Pages load nothing from elsewhere, and run nothing that stands in them.
func TestPagesStandAlone(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`(?i)<script[^>]*>[^<]|src="?(?:\w+:|//)|<link|<iframe|@import|url\(|\son[a-z]+=`)
	for name, show := range map[string]func(*page.Handler) echo.HandlerFunc{"home": home, "docs": docs} {
		got := render(t, "", show)
		if found := outside.FindString(got.Body.String()); found != "" {
			t.Errorf("%s: holds %q", name, found)
		}
		if csp := got.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; ") {
			t.Errorf("%s: Content-Security-Policy: got %q", name, csp)
		}
	}
}

func TestDocsShowEveryCall(t *testing.T) {
	t.Parallel()
	got := render(t, "", docs).Body.String()
	ids := regexp.MustCompile(`operationId: (\w+)`).FindAllStringSubmatch(string(api.Spec()), -1)
	if len(ids) < 20 {
		t.Fatalf("got %d calls in the description", len(ids))
	}
	for _, id := range ids {
		if !strings.Contains(got, `<details id="`+id[1]+`">`) {
			t.Errorf("%s is not on the page", id[1])
		}
	}
	for _, want := range []string{
		`<td><code>ContentLength</code></td><td>integer or string</td><td><p>Required. `, // what a call takes
		"<pre tabindex=\"0\">{\n  &#34;ContentLength&#34;: 5242880,",                     // an example of it
		`<td><code>_profilePhoto</code></td><td>file</td>`,                               // by a reference
		`<a href="/signin">Sign in</a>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not on the page", want)
		}
	}
	if strings.Contains(got, "<td></td>") {
		t.Error("an answer has no meaning: a reference was not followed")
	}
}

func TestSpecIsServedAsItIs(t *testing.T) {
	t.Parallel()
	if got := render(t, "", spec); got.Body.String() != string(api.Spec()) || got.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("got %d bytes of %s", got.Body.Len(), got.Header().Get("Content-Type"))
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	ask := func(name, tag string) *httptest.ResponseRecorder {
		pages, err := page.New(page.Config{})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/js/"+name, nil)
		r.Header.Set("If-None-Match", tag)
		c := echo.New().NewContext(r, w)
		c.SetParamNames("script")
		c.SetParamValues(name)
		if err := pages.Script(c); errors.Is(err, echo.ErrNotFound) {
			w.Code = http.StatusNotFound
		} else if err != nil {
			t.Fatal(err)
		}
		return w
	}
	got := ask("cameo.js", "")
	if kind := got.Header().Get("Content-Type"); got.Code != 200 || kind != "text/javascript; charset=utf-8" || !strings.Contains(got.Body.String(), "export class Cameo") {
		t.Errorf("got %d, %q, %.100s", got.Code, kind, got.Body)
	}
	if again := ask("cameo.js", got.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("asked again: got %d with %d bytes", again.Code, again.Body.Len())
	}
	for _, name := range []string{"", "other.js", "../page.go", "..%2fpage.go", "js/cameo.js", "/etc/passwd"} {
		if got := ask(name, ""); got.Code != http.StatusNotFound {
			t.Errorf("%q: got %d", name, got.Code)
		}
	}
}
