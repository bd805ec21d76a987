package sessions_test

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"cameo/server/boot"
)

const (
	attachments = "/.api2/api/v1/communities/1/attachments"
	entry       = `{"ContentLength":10,"ContentType":"image/png","Name":"me.png"}`
	friend      = "https://app.example.org"
)

func friendly(c *boot.Config) {
	c.CORSOrigin = []boot.Origin{friend}
	c.PublicURL = []boot.WebURL{"https://photos.example.org:443/", "http://photos.example.org:8080"}
}

// A cookie counts for a program, and for a page of ours or of a friend that knows the session's token. It never counts
// for another page, whatever that can have a browser send.
func TestWhereACookieCounts(t *testing.T) {
	t.Parallel()
	h := open(t, friendly)
	s := h.begin(t)
	other := h.begin(t)
	host := strings.TrimPrefix(h.URL, "http://")
	token := "X-CSRF-Token: " + s.CSRFToken
	for _, c := range []struct {
		name string
		head []string
		want int
	}{
		{"a program", nil, http.StatusCreated},
		{"our page", []string{"Origin: " + h.URL, token}, http.StatusCreated},
		{"our page by Referer", []string{"Referer: " + h.URL + "/x?y", token}, http.StatusCreated},
		{"our page by Sec-Fetch-Site", []string{"Sec-Fetch-Site: same-origin", token}, http.StatusCreated},
		{"our page behind a proxy that is not known", []string{"Origin: https://" + host, "Sec-Fetch-Site: same-origin", token}, http.StatusCreated},
		{"our public address", []string{"Origin: https://photos.example.org", "Sec-Fetch-Site: cross-site", token}, http.StatusCreated},
		{"our other public address", []string{"Origin: http://photos.example.org:8080", token}, http.StatusCreated},
		{"a friend's page", []string{"Origin: " + friend, "Sec-Fetch-Site: cross-site", token}, http.StatusCreated},
		{"our page without the token", []string{"Origin: " + h.URL}, http.StatusForbidden},
		{"our page with an empty token", []string{"Origin: " + h.URL, "X-CSRF-Token: "}, http.StatusForbidden},
		{"our page with another session's token", []string{"Origin: " + h.URL, "X-CSRF-Token: " + other.CSRFToken}, http.StatusForbidden},
		{"our page with half a token", []string{"Origin: " + h.URL, token[:len(token)-1]}, http.StatusForbidden},
		{"a friend's page without the token", []string{"Origin: " + friend}, http.StatusForbidden},
		{"another site", []string{"Origin: https://evil.example", token}, http.StatusForbidden},
		{"null", []string{"Origin: null", token}, http.StatusForbidden},
		{"null that calls itself ours", []string{"Origin: null", "Sec-Fetch-Site: same-origin", "Referer: " + h.URL, token}, http.StatusForbidden},
		{"an empty Origin", []string{"Origin: ", token}, http.StatusForbidden},
		{"a friend's name with more behind it", []string{"Origin: " + friend + ".evil.example", token}, http.StatusForbidden},
		{"a friend's name with more before it", []string{"Origin: https://evilapp.example.org", token}, http.StatusForbidden},
		{"a friend without TLS", []string{"Origin: http://app.example.org", token}, http.StatusForbidden},
		{"a friend's other port", []string{"Origin: " + friend + ":8443", token}, http.StatusForbidden},
		{"our host by https", []string{"Origin: https://" + host, token}, http.StatusForbidden},
		{"our host's other port", []string{"Origin: http://127.0.0.1:1", "Sec-Fetch-Site: same-site", token}, http.StatusForbidden},
		{"two origins in one", []string{"Origin: " + h.URL + " " + friend, token}, http.StatusForbidden},
		{"another site by Referer", []string{"Referer: https://evil.example/" + h.URL, token}, http.StatusForbidden},
		{"our address as the user of another", []string{"Referer: http://" + host + "@evil.example/", token}, http.StatusForbidden},
		{"a Referer that is no URL", []string{"Referer: %zz", "Sec-Fetch-Site: same-origin", token}, http.StatusForbidden},
		{"an empty Referer alone", []string{"Referer: ", token}, http.StatusForbidden},
		{"cross-site alone", []string{"Sec-Fetch-Site: cross-site", token}, http.StatusForbidden},
		{"same-site alone", []string{"Sec-Fetch-Site: same-site", token}, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := h.raw(t, "POST", attachments, entry, append([]string{s.cookie}, c.head...)...)
			if got.StatusCode != c.want {
				t.Errorf("got %s %s, want %d", got.Status, got.text, c.want)
			}
			if said := strings.Contains(got.text, `"Authorization_AccessDenied"`); c.want == http.StatusForbidden && !said {
				t.Errorf("got %s, want Igloo's words", got.text)
			}
			cookieless := h.raw(t, "POST", attachments, entry, append([]string{h.token(jane)}, c.head...)...)
			if cookieless.StatusCode != http.StatusCreated {
				t.Errorf("with a bearer token: got %s, want 201 from anywhere", cookieless.Status)
			}
			if got := h.raw(t, "GET", "/v1/session", "", append([]string{s.cookie}, c.head...)...); got.StatusCode != http.StatusOK {
				t.Errorf("GET: got %s, want 200", got.Status)
			}
		})
	}
	for _, change := range []struct{ method, path, body string }{
		{"PATCH", attachments + "/uploads/0000000000", "x"},
		{"DELETE", attachments + "/0000000000", ""},
		{"POST", attachments + "/0000000000/association/" + string(jane) + "?type=ProfilePhoto", ""},
		{"DELETE", "/v1/communities/1/users/" + string(jane) + "/photo", ""},
		{"PUT", "/v1/communities/1/users/" + string(jane) + "/photo/crop", "{}"},
		{"DELETE", "/v1/session", ""},
		{"DELETE", "/v1/sessions", ""},
		{"DELETE", "/v1/sessions/" + s.ID, ""},
	} {
		got := h.raw(t, change.method, change.path, change.body, s.cookie, "Origin: https://evil.example", token)
		if got.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: got %s, want 403 for another site", change.method, change.path, got.Status)
		}
	}
}

// Pages of friends may use every route, and read what they need; all others learn nothing.
func TestWhatPagesOfOtherOriginsMay(t *testing.T) {
	t.Parallel()
	h := open(t, friendly)
	s := h.begin(t)
	for _, c := range []struct{ method, path string }{
		{"POST", attachments},
		{"PATCH", attachments + "/uploads/0000000000"},
		{"DELETE", "/v1/communities/1/users/" + string(jane) + "/photo"},
		{"PUT", "/v1/communities/1/users/" + string(jane) + "/photo/crop"},
		{"DELETE", "/v1/session"},
		{"POST", "/.api/api.svc/session/create"},
	} {
		ask := func(origin string) reply {
			return h.raw(t, "OPTIONS", c.path, "", "Origin: "+origin, "Access-Control-Request-Method: "+c.method,
				"Access-Control-Request-Headers: content-range,content-type,x-csrf-token")
		}
		got := ask(friend)
		allowed := strings.ToLower(got.Header.Get("Access-Control-Allow-Headers"))
		if got.StatusCode != http.StatusNoContent || got.Header.Get("Access-Control-Allow-Origin") != friend ||
			got.Header.Get("Access-Control-Allow-Credentials") != "true" ||
			!strings.Contains(got.Header.Get("Access-Control-Allow-Methods"), c.method) ||
			!strings.Contains(allowed, "content-range") || !strings.Contains(allowed, "x-csrf-token") ||
			!slices.Contains(got.Header.Values("Vary"), "Origin") {
			t.Errorf("%s %s from a friend: got %s %v", c.method, c.path, got.Status, got.Header)
		}
		for _, stranger := range []string{"https://evil.example", "null", "https://app.example.org.evil.example", "*"} {
			got := ask(stranger)
			if got.Header["Access-Control-Allow-Origin"] != nil || got.Header["Access-Control-Allow-Credentials"] != nil {
				t.Errorf("%s %s from %s: got %v, want nothing allowed", c.method, c.path, stranger, got.Header)
			}
		}
	}
	got := h.raw(t, "GET", "/v1/session", "", s.cookie, "Origin: "+friend)
	if got.Header.Get("Access-Control-Allow-Origin") != friend || !slices.Contains(got.Header.Values("Vary"), "Origin") ||
		!strings.Contains(got.Header.Get("Access-Control-Expose-Headers"), "X-Request-Id") {
		t.Errorf("a friend's GET: got %v", got.Header)
	}
	refused := h.raw(t, "POST", attachments, entry, "Origin: "+friend)
	if refused.StatusCode != http.StatusUnauthorized || refused.Header.Get("Access-Control-Allow-Origin") != friend {
		t.Errorf("a friend's refusal: got %s %v, want 401 that the page can read", refused.Status, refused.Header)
	}
	for _, path := range []string{"/v1/session", "/v1/sessions", attachments + "/0000000000", "/"} {
		got := h.raw(t, "GET", path, "", s.cookie, "Origin: https://evil.example")
		if got.Header["Access-Control-Allow-Origin"] != nil || got.Header["Access-Control-Allow-Credentials"] != nil {
			t.Errorf("GET %s from another site: got %v, want nothing allowed", path, got.Header)
		}
	}
}

// Public photos may be read by every page, without credentials; photos for members by none but friends'.
func TestPhotosFromPagesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	path := "/v1/communities/1/users/" + string(jane) + "/photo"
	for _, c := range []struct {
		name, photos, origin, want, credentials string
	}{
		{"public", "public", "https://evil.example", "*", ""},
		{"public, without an origin", "public", "", "*", ""},
		{"public, a friend", "public", friend, friend, "true"},
		{"members", "members", "https://evil.example", "", ""},
		{"members, a friend", "members", friend, friend, "true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t, func(cfg *boot.Config) { friendly(cfg); cfg.Photos = boot.Audience(c.photos) })
			head := []string{h.token(jane)}
			if c.origin != "" {
				head = append(head, "Origin: "+c.origin)
			}
			got := h.raw(t, "GET", path, "", head...)
			if got.StatusCode != http.StatusOK || got.Header.Get("Access-Control-Allow-Origin") != c.want ||
				got.Header.Get("Access-Control-Allow-Credentials") != c.credentials {
				t.Errorf("got %s %v, want %q with credentials %q", got.Status, got.Header, c.want, c.credentials)
			}
		})
	}
}

// What a proxy says of how a request came counts from a trusted one alone.
func TestOurOwnOriginBehindAProxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, network string
		want          int
	}{
		{"trusted", "127.0.0.0/8", http.StatusCreated},
		{"not trusted", "10.0.0.0/8", http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t, func(cfg *boot.Config) {
				cfg.TrustedProxy = []boot.Network{boot.Network(netip.MustParsePrefix(c.network))}
			})
			s := h.begin(t)
			origin := "Origin: https://" + strings.TrimPrefix(h.URL, "http://")
			got := h.raw(t, "POST", attachments, entry, s.cookie, origin, "X-Forwarded-Proto: https", "X-CSRF-Token: "+s.CSRFToken)
			if got.StatusCode != c.want {
				t.Errorf("got %s, want %d", got.Status, c.want)
			}
		})
	}
}
