package servertest_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// addressOf is where the current photo of a person is shown 128 pixels wide.
func addressOf(c *caller, person string) string {
	c.t.Helper()
	at := c.photoOf(person).URLs["128"]
	if at == "" {
		c.t.Fatalf("the photo of %s has no address", person)
	}
	return at
}

// A28: the address of a photo shows that one for as long as it may be shown, and is never another's. One that is
// guessed shows nothing, and looks like one that has ended.
func TestA28AnOldAddress(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	jane := callInstance(t, i)
	jane.show("jane", "image/png", servertest.Picture("red", 1000))
	old := addressOf(jane, "jane")
	red := jane.want("the first photo", jane.ask(http.MethodGet, old, nil, nil), http.StatusOK)
	jane.show("jane", "image/png", servertest.Picture("blue", 1000))
	current := addressOf(jane, "jane")
	blue := jane.want("the second one", jane.ask(http.MethodGet, current, nil, nil), http.StatusOK)
	if current == old || bytes.Equal(red.body, blue.body) || red.header.Get("ETag") == blue.header.Get("ETag") {
		t.Errorf("got %s after %s, with %s after %s: want another of each", current, old, blue.header.Get("ETag"), red.header.Get("ETag"))
	}
	if again := jane.ask(http.MethodGet, old, nil, nil); again.status != http.StatusOK || !bytes.Equal(again.body, red.body) {
		t.Errorf("replaced: got %.200v, want the first photo still, in pages that were loaded before", again)
	}
	tag := http.Header{"If-None-Match": {red.header.Get("ETag")}}
	if got := jane.ask(http.MethodGet, current, tag, nil); got.status != http.StatusOK {
		t.Errorf("the new one, to who has the old one: got %d, want 200", got.status)
	}

	version := strings.Split(old, "/")[5]
	guessed := func(version string) answer {
		return jane.ask(http.MethodGet, "/v1/communities/1/photos/"+version+"/128", nil, nil)
	}
	missing := jane.want("a guess", guessed(randomKey(t)+"ab"), http.StatusNotFound)
	wantSame(t, "one letter changed", guessed(strings.Map(neighbour, version[:1])+version[1:]), missing)
	wantSame(t, "in another community", jane.ask(http.MethodGet, strings.Replace(old, "/1/", "/2/", 1), nil, nil), missing)

	i.Clock.Advance(8 * 24 * time.Hour)
	jane.token = i.Token(servertest.Person("jane"))
	wantSame(t, "long replaced", jane.ask(http.MethodGet, old, nil, nil), missing)
	at := "/v1/communities/1/users/" + string(servertest.Person("jane")) + "/photo"
	jane.want("remove", jane.ask(http.MethodDelete, at, nil, nil), http.StatusNoContent)
	wantSame(t, "removed", jane.ask(http.MethodGet, current, nil, nil), missing)
	wantSame(t, "removed, to who has it", jane.ask(http.MethodGet, current, http.Header{"If-None-Match": {blue.header.Get("ETag")}}, nil), missing)
}

// neighbour is another character of a version.
func neighbour(r rune) rune {
	if r == 'a' {
		return 'b'
	}
	return 'a'
}

// A28: whatever somebody adds to an address, what a cache keeps under it is the photo itself, and nothing that they said.
func TestA28CachesKeepThePhoto(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	jane := callInstance(t, i)
	jane.show("jane", "image/png", servertest.Picture("me.png", 1000))
	plain, _, _ := strings.Cut(addressOf(jane, "jane"), "?")
	jane.token = ""
	want := jane.want("the photo", jane.ask(http.MethodGet, plain, nil, nil), http.StatusOK)
	for name, value := range map[string]string{"Vary": "Accept", "Cache-Control": "public, max-age=31536000, immutable"} {
		if got := want.header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	for _, query := range []string{
		"?x=1", "?size=64", "?default=404", "?format=webp", "?r=999", "?callback=alert", "?utm_content=<script>", "?redirect=https://evil.example",
		"?signature=x&expires=1", "?;", "?%00", "?" + strings.Repeat("a", 2000),
	} {
		wantSame(t, query, jane.ask(http.MethodGet, plain+query, nil, nil), want)
	}
	for name, value := range map[string]string{
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "X-Original-Url": "/signin", "X-Rewrite-Url": "/signin", "X-Host": "evil.example",
		"X-Http-Method-Override": "DELETE", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.example", "Authorization": "Bearer x",
		"Cookie": "iglooauth=6f9619ff-8b86-d011-b42d-00c04fc964ff", "Accept-Language": "de", "Origin": "https://evil.example",
	} {
		got := jane.ask(http.MethodGet, plain, http.Header{name: {value}}, nil)
		wantSame(t, name, got, want)
	}
}

// A28: a signed address shows what was signed, until it expires, and nothing when any part of it was changed.
func TestA28ASignedAddress(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.Photos = "members" }))
	jane := callInstance(t, i)
	jane.show("jane", "image/png", servertest.Picture("me.png", 1000))
	signed := addressOf(jane, "jane")
	stranger := *jane
	stranger.token = ""
	got := stranger.want("signed", stranger.ask(http.MethodGet, signed, nil, nil), http.StatusOK)
	if !strings.HasPrefix(got.header.Get("Cache-Control"), "private, ") {
		t.Errorf("Cache-Control: got %q, want it kept by whoever asks alone", got.header.Get("Cache-Control"))
	}
	path, query, _ := strings.Cut(signed, "?")
	fields, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	with := func(name, value string) string {
		changed, _ := url.ParseQuery(query)
		changed.Set(name, value)
		return path + "?" + changed.Encode()
	}
	signature := fields.Get("signature")
	for name, at := range map[string]string{
		"another size":        strings.Replace(signed, "/128?", "/512?", 1),
		"another version":     strings.Replace(signed, strings.Split(path, "/")[5], randomKey(t)+"ab", 1),
		"another community":   strings.Replace(signed, "/1/", "/2/", 1),
		"a later end":         with("expires", fields.Get("expires")+"0"),
		"an end that is none": with("expires", "-1"),
		"no end":              path + "?signature=" + signature,
		"no signature":        path + "?expires=" + fields.Get("expires"),
		"an empty signature":  with("signature", ""),
		"half a signature":    with("signature", signature[:len(signature)/2]),
		"another signature":   with("signature", strings.Map(neighbour, signature)),
		"two signatures":      signed + "&signature=" + signature,
		"two ends":            signed + "&expires=99999999999999",
	} {
		if got := stranger.ask(http.MethodGet, at, nil, nil); got.status != http.StatusForbidden || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %v, want 403 that nobody keeps", name, got)
		}
	}
	i.Clock.Advance(time.Hour)
	stranger.want("expired", stranger.ask(http.MethodGet, signed, nil, nil), http.StatusUnauthorized)
}
