package sessions_test

import (
	"net/http"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// Whoever a closed directory does not know finds no community by any way in, and gets no session.
func TestAClosedDirectoryOpensNoSession(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *boot.Config) { c.Directory = "closed" })
	stranger := h.token(servertest.Person("somebody"))
	got := h.raw(t, "POST", "/v1/session", "", stranger)
	if got.StatusCode != http.StatusNotFound || got.Header.Get("Set-Cookie") != "" {
		t.Errorf("got %s %v %s, want 404 and no session", got.Status, got.Header, got.text)
	}
	for _, path := range []string{
		"/v1/communities/1/uploads", "/v1/communities/1/users/" + string(jane), "/v1/communities/1/audit",
	} {
		want[any](t, h.raw(t, "GET", path, "", stranger), http.StatusNotFound)
	}
	for _, path := range []string{
		"/services/data/v58.0/connect/user-profiles/me/photo", "/services/data/v58.0/connect/communities/1/user-profiles/me/photo",
		"/services/oauth2/userinfo",
	} {
		want[any](t, h.raw(t, "GET", path, "", stranger), http.StatusNotFound)
	}
	for _, path := range []string{"/v1/communities/1/uploads", "/v1/communities/1/tus/", attachments} {
		got := h.raw(t, "POST", path, entry, stranger, "Tus-Resumable: 1.0.0", "Upload-Length: 10", "Upload-Complete: ?0",
			"Upload-Draft-Interop-Version: 6")
		if got.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: got %s %s, want 404", path, got.Status, got.text)
		}
	}
}
