package reply_test

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage/fault"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/?pretty", nil), rec)
	err := reply.JSON(c, http.StatusAccepted, map[string]any{"key": "5GQFODh5bI", "note": "<b>&"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rec.Body.String(), `{"key":"5GQFODh5bI","note":"\u003cb\u003e\u0026"}`; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
	if got, want := rec.Code, http.StatusAccepted; got != want {
		t.Errorf("status %d, want %d", got, want)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Content-Type": "application/json", "Content-Length": "49",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestJSONKeepsACacheControlThatIsSet(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), rec)
	c.Response().Header().Set("Cache-Control", "no-cache")
	if err := reply.JSON(c, http.StatusOK, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := rec.Header().Get("Cache-Control"), "no-cache"; got != want {
		t.Errorf("Cache-Control %q, want %q", got, want)
	}
}

func TestJSONSendsNothingOfWhatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), rec)
	err := reply.JSON(c, http.StatusOK, math.NaN())
	if got, want := fault.Of(err), fault.Internal; got != want {
		t.Errorf("kind %v, want %v", got, want)
	}
	if c.Response().Committed || len(rec.Header()) > 0 {
		t.Errorf("something was sent: %v", rec.Header())
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		d    time.Duration
		want string
	}{
		{-time.Second, "1"},
		{0, "1"},
		{time.Millisecond, "1"},
		{time.Second, "1"},
		{1001 * time.Millisecond, "2"},
		{time.Minute, "60"},
	} {
		h := http.Header{}
		reply.RetryAfter(h, test.d)
		if got := h.Get("Retry-After"); got != test.want {
			t.Errorf("%v: %q, want %q", test.d, got, test.want)
		}
	}
}

func TestLater(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err     error
		seconds int
		want    string
	}{
		"never":                  {fault.New(fault.NotFound, "none"), 0, ""},
		"as usual":               {fault.New(fault.TooMany, "full"), 60, "60"},
		"the error knows better": {fault.New(fault.TooMany, "full").Later(2500 * time.Millisecond), 60, "3"},
		"the error alone knows":  {fault.New(fault.Full, "full").Later(time.Hour), 0, "3600"},
		"nobody knows":           {errors.New("broken"), 5, "5"},
	} {
		h := http.Header{}
		reply.Later(h, test.err, test.seconds)
		if got := h.Get("Retry-After"); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
