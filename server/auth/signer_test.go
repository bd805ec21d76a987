package auth_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
)

const picture = "/v1/communities/1/photos/4fZk0c9QmW1x/128"

func newSigner(t *testing.T, keys auth.Keys, now *storage.Millis, life time.Duration) *auth.URLSigner {
	t.Helper()
	s, err := auth.NewURLSigner(keys, func() storage.Millis { return *now }, life)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASignedURL(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	now := storage.Millis(noon)
	s := newSigner(t, keys, &now, time.Hour)
	query := s.Sign(picture)
	rest, err := newSigner(t, keys, &now, time.Hour).Verify(picture, query) // as another node
	if err != nil || rest < 30*time.Minute || rest > time.Hour {
		t.Fatalf("got %v, %v, want half a life at least", rest, err)
	}
	now = now.Add(time.Second)
	if again := s.Sign(picture); again.Encode() != query.Encode() {
		t.Errorf("a second later it is signed anew: %v, then %v", query, again)
	}
	changed := func(change func(url.Values)) url.Values {
		q := maps.Clone(query)
		change(q)
		return q
	}
	signature := query.Get("signature")
	for _, c := range []struct {
		name  string
		what  string
		query url.Values
		want  fault.Kind
	}{
		{"as it is", picture, query, 0},
		{"another size", strings.Replace(picture, "128", "1024", 1), query, fault.Forbidden},
		{"another community", strings.Replace(picture, "/1/", "/2/", 1), query, fault.Forbidden},
		{"a later expiry", picture, changed(func(q url.Values) { q.Set("expires", "9999999999") }), fault.Forbidden},
		{"the expiry in other digits", picture, changed(func(q url.Values) { q.Set("expires", "0"+q.Get("expires")) }), fault.Forbidden},
		{"no expiry", picture, changed(func(q url.Values) { q.Del("expires") }), fault.Forbidden},
		{"two expiries", picture, changed(func(q url.Values) { q.Add("expires", "9999999999") }), fault.Forbidden},
		{"no signature", picture, changed(func(q url.Values) { q.Del("signature") }), fault.Forbidden},
		{"an empty one", picture, changed(func(q url.Values) { q.Set("signature", "") }), fault.Forbidden},
		{"a short one", picture, changed(func(q url.Values) { q.Set("signature", signature[:40]) }), fault.Forbidden},
		{"a long one", picture, changed(func(q url.Values) { q.Set("signature", signature+"AAAA") }), fault.Forbidden},
		{"with a line break", picture, changed(func(q url.Values) { q.Set("signature", signature[:9]+"\n"+signature[9:]) }), fault.Forbidden},
		{"another's", picture, newSigner(t, newKeys(t), &now, time.Hour).Sign(picture), fault.Forbidden},
		{"of a longer life", picture, newSigner(t, keys, &now, 8*time.Hour).Sign(picture), fault.Forbidden},
	} {
		_, err := s.Verify(c.what, c.query)
		if got := fault.Of(err); got != c.want {
			t.Errorf("%s: got %v (%v), want %v", c.name, got, err, c.want)
		}
	}
	now = now.Add(rest - time.Second - time.Millisecond)
	if _, err := s.Verify(picture, query); err != nil {
		t.Errorf("a millisecond before its end: %v", err)
	}
	now = now.Add(time.Millisecond)
	if _, err := s.Verify(picture, query); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("at its end: got %v, want unauthenticated", err)
	}
}

// A signature is no token, and what signs tokens signs no URLs.
func TestSignaturesHaveAKeyOfTheirOwn(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	now := storage.Millis(noon)
	other := keys
	other.Signing = append([]byte(nil), keys.Sealing...)
	a, b := newSigner(t, keys, &now, time.Hour).Sign(picture), newSigner(t, other, &now, time.Hour).Sign(picture)
	if a.Get("signature") == b.Get("signature") || a.Get("expires") != b.Get("expires") {
		t.Errorf("got %v and %v", a, b)
	}
}
