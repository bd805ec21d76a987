package ops_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/ops"
)

func ready(t *testing.T, h *ops.Health) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := h.Ready(echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/readyz", nil), w)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestReady(t *testing.T) {
	t.Parallel()
	fine := func(context.Context) error { return nil }
	broken := func(context.Context) error { return errors.New("dial 10.0.0.7: refused") }
	for _, c := range []struct {
		name   string
		checks []ops.Check
		drain  bool
		status int
		body   string
	}{
		{"nothing to check", nil, false, 200, `{"status":"ready","failed":[]}`},
		{"all there", []ops.Check{{"database", fine}, {"blobs", fine}}, false, 200, `{"status":"ready","failed":[]}`},
		{"one missing", []ops.Check{{"database", fine}, {"blobs", broken}}, false, 503, `{"status":"not_ready","failed":["blobs"]}`},
		{"about to stop", []ops.Check{{"database", fine}}, true, 503, `{"status":"draining","failed":[]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := ops.NewHealth(time.Now, c.checks...)
			if c.drain {
				h.Drain()
			}
			got := ready(t, h)
			if got.Code != c.status || strings.TrimSpace(got.Body.String()) != c.body {
				t.Errorf("got %d %s, want %d %s", got.Code, got.Body, c.status, c.body)
			}
		})
	}
}

// Whoever asks often is answered from the last look; after a while there is a new one.
func TestALookIsGoodForAWhile(t *testing.T) {
	t.Parallel()
	var looks, clock atomic.Int64
	h := ops.NewHealth(func() time.Time { return time.Unix(clock.Load(), 0) },
		ops.Check{Name: "database", Run: func(context.Context) error { looks.Add(1); return nil }})
	clock.Store(100)
	for range 10 {
		ready(t, h)
	}
	if got := looks.Load(); got != 1 {
		t.Errorf("got %d looks, want 1", got)
	}
	clock.Store(110)
	ready(t, h)
	if got := looks.Load(); got != 2 {
		t.Errorf("later: got %d looks, want 2", got)
	}
}

func TestAFrozenCheckIsGivenUp(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	defer close(never)
	h := ops.NewHealth(time.Now, ops.Check{Name: "frozen", Run: func(context.Context) error { <-never; return nil }})
	begin := time.Now()
	if got := ready(t, h); got.Code != 503 || !strings.Contains(got.Body.String(), "frozen") {
		t.Errorf("got %d %s, want 503 and its name", got.Code, got.Body)
	}
	if took := time.Since(begin); took > 6*time.Second {
		t.Errorf("got an answer after %s", took)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := ops.NewMetrics()
	m.Begin(httptest.NewRequest(http.MethodPatch, "/", nil))("/uploads/:key", 202, 1000, time.Millisecond)
	m.Begin(httptest.NewRequest("BREW", "/", nil))("none", 405, 0, time.Millisecond)
	m.Begin(httptest.NewRequest(http.MethodPatch, "/", nil)) // still runs
	m.Refused("misses")
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`cameo_requests_total{method="PATCH",route="/uploads/:key",status="202"} 1`,
		`cameo_requests_total{method="other",route="none",status="405"} 1`,
		"cameo_upload_received_bytes_total 1000", "cameo_uploads_in_flight 1", "go_goroutines ",
		`cameo_refused_total{why="misses"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
	w = httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/pprof/", nil))
	if w.Code != 200 {
		t.Errorf("pprof: got %d", w.Code)
	}
}
