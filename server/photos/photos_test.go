package photos_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"cameo/server/servertest"
)

type answer struct {
	*http.Response
	body string
}

// ask sends a request as somebody; "" is a stranger.
func ask(t *testing.T, s *servertest.Story, method, path, as string, head ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.Instance.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if as != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token(servertest.Person(as)))
	}
	for n := 0; n+1 < len(head); n += 2 {
		req.Header.Set(head[n], head[n+1])
	}
	got, err := s.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got, string(body)}
}

func photoOf(person string) string {
	return "/v1/communities/1/users/" + string(servertest.Person(person)) + "/photo"
}

func TestThePhotoOfSomebody(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")

	shown := ask(t, s, "GET", photoOf("jane")+"?size=64", "")
	tag := shown.Header.Get("ETag")
	if shown.StatusCode != 200 || !strings.HasPrefix(shown.Header.Get("Content-Type"), "image/") || len(shown.body) == 0 || tag == "" {
		t.Fatalf("got %s %s, want a picture with an ETag", shown.Status, shown.Header)
	}
	for name, want := range map[string]string{
		"Cache-Control": "public, no-cache", "Vary": "Accept", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin",
	} {
		if got := shown.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := ask(t, s, "GET", photoOf("jane")+"?size=64", "", "If-None-Match", tag); got.StatusCode != 304 || got.body != "" {
		t.Errorf("revalidated: got %s, want 304", got.Status)
	}
	head := ask(t, s, "HEAD", photoOf("jane")+"?size=64", "")
	if head.StatusCode != 200 || head.ContentLength != int64(len(shown.body)) || head.Header.Get("ETag") != tag {
		t.Errorf("HEAD: got %s %s, want what GET says", head.Status, head.Header)
	}

	var d struct {
		State, Version, Current string
		URLs                    map[string]string
		Width                   int
	}
	told := ask(t, s, "GET", photoOf("jane"), "", "Accept", "application/json")
	if err := json.Unmarshal([]byte(told.body), &d); err != nil {
		t.Fatal(err)
	}
	if d.State != "ready" || d.Version == "" || d.Version != d.Current || d.Width == 0 || len(d.URLs) != 19 {
		t.Fatalf("got %s, want the description of a ready photo", told.body)
	}
	immutable := ask(t, s, "GET", d.URLs["256"], "")
	if immutable.StatusCode != 200 || immutable.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("got %s %s, want an immutable picture", immutable.Status, immutable.Header)
	}
	full := "/v1/communities/1/photos/" + d.Version + "/full"
	if got := ask(t, s, "GET", full, ""); got.StatusCode != 200 {
		t.Errorf("full: got %s", got.Status)
	}
	elsewhere := strings.Replace(full, "communities/1", "communities/2", 1)
	for _, path := range []string{elsewhere, "/v1/communities/1/photos/000000000000/256", "/v1/communities/1/photos/x/256"} {
		if got := ask(t, s, "GET", path, ""); got.StatusCode != 404 || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %s %s, want 404, no-store", path, got.Status, got.Header)
		}
	}
}

func TestNobodysPhoto(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	for _, c := range []struct {
		name, path string
		status     int
		mime       string
		holds      string
	}{
		{"default", photoOf("nobody"), 200, "image/svg+xml", "<circle"},
		{"initials", photoOf("nobody") + "?default=initials&size=45", 200, "image/svg+xml", `width="45"`},
		{"blank", photoOf("nobody") + "?default=blank", 200, "image/svg+xml", `viewBox="0 0 64 64"/>`},
		{"none", photoOf("nobody") + "?default=404", 404, "application/problem+json", `"kind":"not_found"`},
		{"odd default", photoOf("nobody") + "?default=gravatar", 400, "application/problem+json", `"parameter":"default"`},
		{"odd size", photoOf("nobody") + "?size=50", 400, "application/problem+json", `"parameter":"size"`},
		{"size on demand", photoOf("nobody") + "?size=72", 200, "image/svg+xml", `width="72"`},
		{"size with a sign", photoOf("nobody") + "?size=%2B64", 400, "application/problem+json", `"parameter":"size"`},
		{"no GUID", "/v1/communities/1/users/me/photo", 400, "application/problem+json", `"parameter":"objectId"`},
		{"GUID in braces", "/v1/communities/1/users/%7B" + string(servertest.Person("nobody")) + "%7D/photo", 200, "image/svg+xml", "<circle"},
		{"no such community", strings.Replace(photoOf("nobody"), "/1/", "/77/", 1), 404, "application/problem+json", `"kind":"not_found"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, s, "GET", c.path, "")
			if got.StatusCode != c.status || got.Header.Get("Content-Type") != c.mime || !strings.Contains(got.body, c.holds) {
				t.Errorf("got %s %s %s, want %d %s with %s", got.Status, got.Header.Get("Content-Type"), got.body, c.status, c.mime, c.holds)
			}
			if tag := got.Header.Get("ETag"); c.status == 200 && ask(t, s, "GET", c.path, "", "If-None-Match", tag).StatusCode != 304 {
				t.Errorf("the default picture is not revalidated by %s", tag)
			}
		})
	}
	if got := ask(t, s, "GET", photoOf("nobody"), "", "Accept", "application/json"); got.body != `{"state":"none"}` {
		t.Errorf("description: got %s", got.body)
	}
	if a, b := ask(t, s, "GET", photoOf("nobody"), ""), ask(t, s, "GET", photoOf("somebody"), ""); a.body == b.body {
		t.Error("two people have the same colour: pick other names")
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	for _, c := range []struct {
		as     string
		status int
	}{{"", 401}, {"john", 403}, {"jane", 204}, {"jane", 204}} {
		if got := ask(t, s, "DELETE", photoOf("jane"), c.as); got.StatusCode != c.status {
			t.Errorf("as %q: got %s %s, want %d", c.as, got.Status, got.body, c.status)
		}
	}
	if got := ask(t, s, "GET", photoOf("jane")+"?default=404", ""); got.StatusCode != 404 {
		t.Errorf("afterwards: got %s, want 404", got.Status)
	}
}
