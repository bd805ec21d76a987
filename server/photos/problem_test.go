package photos_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/server/photos"
	"cameo/storage/fault"
)

func TestEveryKindHasAnAnswer(t *testing.T) {
	t.Parallel()
	for _, k := range fault.Kinds() {
		w := httptest.NewRecorder()
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/v1/", nil), w)
		err := fault.Wrap(errors.New("a secret"), k, "a sentence").About("thing").Because("code")
		if err := photos.New(photos.Config{}).Fail(c, err); err != nil {
			t.Fatal(err)
		}
		var p struct {
			Status                          int
			Detail, Kind, Reason, Parameter string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		ours := w.Code >= 500 && w.Code != http.StatusInsufficientStorage
		if ours != k.Ours() || w.Code < 400 || p.Status != w.Code {
			t.Errorf("%s: got %d, and %d in the body", k, w.Code, p.Status)
		}
		if p.Kind != k.String() || p.Detail != "a sentence" || p.Reason != "code" || p.Parameter != "thing" {
			t.Errorf("%s: got %+v", k, p)
		}
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: Content-Type: got %s", k, got)
		}
	}
}
