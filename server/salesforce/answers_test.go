package salesforce_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/server/salesforce"
	"cameo/storage/fault"
)

// said is how a failure is answered at a path.
func said(t *testing.T, path string, err error) (*http.Response, string, string) {
	t.Helper()
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "100000000000001")
	c := echo.New().NewContext(httptest.NewRequest(http.MethodPost, path, nil), w)
	if err := salesforce.New(salesforce.Config{}).Fail(c, err); err != nil {
		t.Fatal(err)
	}
	var all []struct{ ErrorCode, Message string }
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || len(all) != 1 {
		t.Fatalf("got %s: %v", w.Body, err)
	}
	return w.Result(), all[0].ErrorCode, all[0].Message
}

func TestEveryKindHasAnAnswer(t *testing.T) {
	t.Parallel()
	for _, k := range fault.Kinds() {
		got, code, message := said(t, photo, fault.New(k, "a sentence").Because("reason"))
		if got.StatusCode < 400 || code == "" || message == "" {
			t.Errorf("%s: got %d, %q, %q", k, got.StatusCode, code, message)
		}
		if k.Ours() && got.StatusCode < 500 {
			t.Errorf("%s: got %d", k, got.StatusCode)
		}
		if later := got.Header.Get("Retry-After") != ""; later != (k == fault.TooMany || k == fault.Unavailable) {
			t.Errorf("%s: Retry-After: got %q", k, got.Header.Get("Retry-After"))
		}
		fixed := k == fault.Unauthenticated || k == fault.NotFound || k == fault.Gone || k == fault.Internal || k == fault.Corrupt
		if want := "reason: a sentence"; !fixed && message != want {
			t.Errorf("%s: got %q, want %q", k, message, want)
		}
	}
	if got, code, _ := said(t, photo, fault.New(fault.TooMany, "slowly")); got.StatusCode != 503 || code != "REQUEST_LIMIT_EXCEEDED" {
		t.Errorf("rates: got %d %s", got.StatusCode, code)
	}
}

func TestCausesAreNotTold(t *testing.T) {
	t.Parallel()
	secret := errors.New("open /srv/secret: no such file")
	for _, err := range []error{secret, fault.Wrap(secret, fault.Internal, "it broke"), fault.Wrap(secret, fault.Unavailable, "try again")} {
		if _, _, message := said(t, photo, err); message == "" || strings.Contains(message, "secret") {
			t.Errorf("%v: got the message %q", err, message)
		}
	}
}
