package resumable_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/server/resumable"
	"cameo/storage"
	"cameo/storage/fault"
)

// fail is the answer to an error.
func fail(t *testing.T, err error) *httptest.ResponseRecorder {
	t.Helper()
	h, w := resumable.New(resumable.Config{Engine: &storage.Engine{}}), httptest.NewRecorder()
	if err := h.Fail(echo.New().NewContext(httptest.NewRequest(http.MethodPatch, uploads, nil), w), err); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEveryKindHasAnAnswer(t *testing.T) {
	t.Parallel()
	for _, k := range fault.Kinds() {
		got := fail(t, fault.New(k, "a sentence").Because("code"))
		var said struct {
			Type, Detail, Kind, Reason string
			Status                     int
		}
		if err := json.Unmarshal(got.Body.Bytes(), &said); err != nil || said.Status != got.Code || said.Type != "about:blank" ||
			said.Detail != "a sentence" || said.Kind != k.String() || said.Reason != "code" {
			t.Errorf("%s: got %d %s, %v", k, got.Code, got.Body, err)
		}
		ours := got.Code >= 500 && got.Code != http.StatusInsufficientStorage
		if ours != k.Ours() || got.Code < 400 {
			t.Errorf("%s: got %d", k, got.Code)
		}
		if later := got.Header().Get("Retry-After") != ""; later != (k == fault.TooMany || k == fault.Unavailable) {
			t.Errorf("%s: Retry-After: got %q", k, got.Header().Get("Retry-After"))
		}
	}
}

// What went wrong inside is for the log.
func TestCausesAreNotTold(t *testing.T) {
	t.Parallel()
	secret := errors.New("open /srv/secret: no such file")
	for _, err := range []error{secret, fault.Wrap(secret, fault.Internal, "it broke"), fault.Wrap(secret, fault.Full, "no room")} {
		if got := fail(t, err).Body.String(); got == "" || strings.Contains(got, "secret") {
			t.Errorf("%v: got %q", err, got)
		}
	}
}
