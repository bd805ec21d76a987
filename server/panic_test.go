package server_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cameo/server"
	"cameo/server/auth"
	"cameo/server/igloo"
	"cameo/server/ops"
	"cameo/server/page"
	"cameo/server/photos"
	"cameo/server/sessions"
)

// A panic is an answer of the dialect and one line of the log, with the place where it happened.
func TestAPanicIsAnsweredAndLoggedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := server.New(server.Default(time.Now), server.Parts{
		// Photos without a service: its first use is a nil pointer.
		Auth: auth.New(nil, nil, new(auth.Guard)), Igloo: igloo.New(igloo.Config{}), Photos: photos.New(photos.Config{Auth: auth.New(nil, nil, nil)}), Page: pages,
		Sessions: sessions.New(sessions.Config{}),
		Health:   ops.NewHealth(time.Now), Metrics: ops.NewMetrics(), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Random: rand.Reader,
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/communities/1/photos/abcdefghijkl/64", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"kind":"internal"`) {
		t.Errorf("got %d %s, want a problem of kind internal", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "nil pointer") || strings.Contains(w.Body.String(), ".go:") {
		t.Errorf("the answer tells what broke: %s", w.Body)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "photos.go") {
		t.Errorf("got %d lines of errors, want one that says where: %s", n, log.String())
	}
}
