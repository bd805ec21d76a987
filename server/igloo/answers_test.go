package igloo_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"cameo/server/igloo"
	"cameo/storage"
	"cameo/storage/fault"
)

func fail(t *testing.T, err error) answer {
	t.Helper()
	h := igloo.New(igloo.Config{Clock: func() storage.Millis { return 1_757_844_530_774 }})
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "100000000000001")
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/.api2/", nil), w)
	if err := h.Fail(c, err); err != nil {
		t.Fatal(err)
	}
	return answer{Response: w.Result(), body: w.Body.Bytes()}
}

func TestEveryKindHasAnAnswer(t *testing.T) {
	t.Parallel()
	ids := map[int]fault.Kind{}
	for _, k := range fault.Kinds() {
		got := fail(t, fault.New(k, "a sentence").About("Thing").Because("code"))
		e := got.exception(t).ErrorList[0]
		if before, twice := ids[e.ErrorID]; twice || e.ErrorID == 0 || e.Type == "" {
			t.Errorf("%s: errorId %d and type %q: none, or that of %s", k, e.ErrorID, e.Type, before)
		}
		ids[e.ErrorID] = k
		ours := got.StatusCode >= 500 && got.StatusCode != http.StatusInsufficientStorage
		if ours != k.Ours() || got.StatusCode < 400 {
			t.Errorf("%s: got %d", k, got.StatusCode)
		}
		if later := got.Header.Get("Retry-After") != ""; later != (k == fault.TooMany || k == fault.Unavailable) {
			t.Errorf("%s: Retry-After: got %q", k, got.Header.Get("Retry-After"))
		}
		if e.Message != "a sentence" || e.DataTokens[0].Value != "Thing" || e.DataTokens[1].Value != "code" {
			t.Errorf("%s: got %+v, want the message, the parameter and the reason", k, e)
		}
		if e.Timestamp != "/Date(1757844530774+0000)/" {
			t.Errorf("%s: timestamp: got %s", k, e.Timestamp)
		}
	}
}

func TestCausesAreNotTold(t *testing.T) {
	t.Parallel()
	secret := errors.New("open /srv/secret: no such file")
	for _, err := range []error{secret, fault.Wrap(secret, fault.Internal, "it broke"), fault.Wrap(secret, fault.Unavailable, "try again")} {
		got := fail(t, err)
		if m := got.exception(t).Message; m == "" || m == secret.Error() {
			t.Errorf("%v: got the message %q", err, m)
		}
	}
}

// A list among the causes is no list of refusals.
func TestAListOfCausesIsOneRefusal(t *testing.T) {
	t.Parallel()
	causes := errors.Join(errors.New("first try"), errors.New("second try"))
	got := fail(t, fault.Wrap(causes, fault.Unavailable, "try again"))
	e := got.exception(t)
	if got.StatusCode != 503 || e.StatusCode != 503 || e.Message != "try again" || len(e.ErrorList) != 1 {
		t.Errorf("got %d: %+v", got.StatusCode, e)
	}
}
