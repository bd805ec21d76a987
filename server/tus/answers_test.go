package tus_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/server/tus"
	"cameo/storage/fault"
)

// fail is the answer to an error.
func fail(t *testing.T, err error) *httptest.ResponseRecorder {
	t.Helper()
	h, wrong := tus.New(tus.Config{})
	if wrong != nil {
		t.Fatal(wrong)
	}
	w := httptest.NewRecorder()
	if err := h.Fail(echo.New().NewContext(httptest.NewRequest(http.MethodPatch, uploads, nil), w), err); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEveryKindHasAnAnswer(t *testing.T) {
	t.Parallel()
	for _, k := range fault.Kinds() {
		got := fail(t, fault.New(k, "a sentence").Because("code"))
		if text := got.Body.String(); text != "code: a sentence\n" {
			t.Errorf("%s: got %q", k, text)
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
