package photos_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

func TestPhotosForMembers(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.Photos = "members" })))
	if err := s.Instance.Node().Directory.AddCommunity(t.Context(), storage.Community(2), "Away"); err != nil {
		t.Fatal(err)
	}
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane")
	signed := describe(t, s, "john").URLs["128"]
	bare, query, _ := strings.Cut(signed, "?")
	if q, err := url.ParseQuery(query); err != nil || q.Get("signature") == "" || q.Get("expires") == "" {
		t.Fatalf("got address %q, want it signed", signed)
	}
	for _, c := range []struct {
		name, path, as string
		status         int
		caching        string
	}{
		{"the current one, a stranger", photoOf("jane"), "", 401, "no-store"},
		{"its description, a stranger", photoOf("jane"), "", 401, "no-store"},
		{"nobody's, a stranger", photoOf("nobody"), "", 401, "no-store"},
		{"the current one, a member", photoOf("jane"), "john", 200, "private, no-cache"},
		{"nobody's, a member", photoOf("nobody"), "john", 200, "private, no-cache"},
		{"a version, a stranger", bare, "", 401, "no-store"},
		{"a version, a member", bare, "john", 200, "private, max-age=31536000, immutable"},
		{"a version in another community", strings.Replace(bare, "/1/", "/2/", 1), "john", 404, "no-store"},
		{"a signature for another size", strings.Replace(signed, "/128", "/512", 1), "", 403, "no-store"},
		{"a signature for another size, a member", strings.Replace(signed, "/128", "/512", 1), "john", 403, "no-store"},
		{"half a signature", strings.TrimSuffix(signed, signed[len(signed)-20:]), "", 403, "no-store"},
		{"the current one does not know signatures", photoOf("jane") + "?" + query, "", 401, "no-store"},
	} {
		got := ask(t, s, "GET", c.path, c.as)
		if got.StatusCode != c.status || got.Header.Get("Cache-Control") != c.caching || got.Header.Get("Cross-Origin-Resource-Policy") != "" {
			t.Errorf("%s: got %s %s, want %d %s", c.name, got.Status, got.Header, c.status, c.caching)
		}
		if c.status >= 400 && got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %s", c.name, got.body)
		}
	}
	got := ask(t, s, "GET", signed, "")
	life, err := time.ParseDuration(strings.TrimPrefix(got.Header.Get("Cache-Control"), "private, max-age=") + "s")
	if got.StatusCode != 200 || err != nil || life < 29*time.Minute || life > time.Hour {
		t.Errorf("signed: got %s %s, want it kept for the rest of its life", got.Status, got.Header)
	}
	if again := ask(t, s, "GET", signed, "", "If-None-Match", got.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("revalidated: got %s, want 304", again.Status)
	}
	s.Instance.Clock.Advance(time.Hour)
	if late := ask(t, s, "GET", signed, ""); late.StatusCode != 401 || !strings.Contains(late.body, `"reason":"expired"`) {
		t.Errorf("expired: got %s %s, want 401", late.Status, late.body)
	}
	fresh := describe(t, s, "jane").URLs["w160"]
	if got := ask(t, s, "GET", fresh, ""); got.StatusCode != 200 {
		t.Errorf("signed anew: got %s", got.Status)
	}
	ask(t, s, "DELETE", photoOf("jane"), "jane")
	if gone := ask(t, s, "GET", fresh, ""); gone.StatusCode != 404 {
		t.Errorf("removed: got %s, want 404", gone.Status)
	}
	if log := s.Instance.Log(); strings.Contains(log, "signature") {
		t.Error("a signature is in the log")
	}
}
