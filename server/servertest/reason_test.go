package servertest_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/association/imaging"
	gigyaapi "cameo/server/gigya"
	iglooapi "cameo/server/igloo"
	photosapi "cameo/server/photos"
	salesforceapi "cameo/server/salesforce"
	tusapi "cameo/server/tus"
	"cameo/storage"
)

// Whatever a picture is refused for, each dialect tells the reason's code and its sentence. That
// resumable uploads tell any reason is seen beside them.
func TestEachDialectTellsEveryReason(t *testing.T) {
	t.Parallel()
	clock := func() storage.Millis { return 1 }
	for name, fail := range map[string]func(echo.Context, error) error{
		"igloo":      iglooapi.New(iglooapi.Config{Clock: clock}).Fail,
		"gigya":      gigyaapi.New(gigyaapi.Config{Clock: clock, Random: rand.Reader}).Fail,
		"salesforce": salesforceapi.New(salesforceapi.Config{}).Fail, "tus": new(tusapi.Handler).Fail,
		"photos": photosapi.New(photosapi.Config{}).Fail,
	} {
		for _, r := range imaging.Reasons() {
			w := httptest.NewRecorder()
			c := echo.New().NewContext(httptest.NewRequest(http.MethodPost, "/", nil), w)
			if err := fail(c, r.Fault()); err != nil {
				t.Fatalf("%s, %s: %v", name, r, err)
			}
			said := strings.ReplaceAll(w.Body.String(), `\"`, `"`)
			sentence, _, _ := strings.Cut(r.Sentence(), "'")
			if !strings.Contains(said, string(r)) || !strings.Contains(said, sentence) {
				t.Errorf("%s does not tell %s: %s", name, r, said)
			}
		}
	}
}
