package server_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// get sends a request without credentials unless head brings them, and returns the answer with its body.
func get(t *testing.T, i *servertest.Instance, method, path string, head http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, i.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range head {
		req.Header[name] = values
	}
	got, err := i.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	var body strings.Builder
	if _, err := io.Copy(&body, got.Body); err != nil {
		t.Fatal(err)
	}
	return got, body.String()
}
