package page_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/docs/api"
	"cameo/server/page"
)

func render(t *testing.T, public string, show func(*page.Handler) echo.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	h, err := page.New(page.Config{Public: public})
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

// Pages load nothing from anywhere, and run nothing.
func TestPagesStandAlone(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|@import|url\(|\son[a-z]+=`)
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
