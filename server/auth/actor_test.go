package auth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
)

func TestActor(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	verifier, err := auth.NewVerifier(t.Context(), auth.DefaultConfig(keys, atNoon))
	if err != nil {
		t.Fatal(err)
	}
	token, err := keys.Token(auth.Claims{Subject: jane, Communities: []storage.Community{1}, For: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		headers []string
		known   bool
		want    fault.Kind
	}{
		{"none", nil, false, 0},
		{"bearer", []string{"Bearer " + token}, true, 0},
		{"lower case", []string{"bearer " + token}, true, 0},
		{"upper case, two spaces", []string{"BEARER  " + token}, true, 0},
		{"empty", []string{""}, false, fault.Unauthenticated},
		{"scheme alone", []string{"Bearer"}, false, fault.Unauthenticated},
		{"no token", []string{"Bearer "}, false, fault.Unauthenticated},
		{"no scheme", []string{token}, false, fault.Unauthenticated},
		{"basic", []string{"Basic amFuZTpzZWNyZXQ="}, false, fault.Unauthenticated},
		{"scheme that begins alike", []string{"BearerX " + token}, false, fault.Unauthenticated},
		{"something behind", []string{"Bearer " + token + " x"}, false, fault.Unauthenticated},
		{"list", []string{"Bearer " + token + ", Bearer " + token}, false, fault.Unauthenticated},
		{"two", []string{"Bearer " + token, "Bearer " + token}, false, fault.Unauthenticated},
		{"two, one empty", []string{"Bearer " + token, ""}, false, fault.Unauthenticated},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/?access_token="+token, nil)
			for _, h := range test.headers {
				r.Header.Add("Authorization", h)
			}
			actor, err := auth.New(verifier).Actor(echo.New().NewContext(r, httptest.NewRecorder()))
			if got := fault.Of(err); got != test.want {
				t.Errorf("got %v (%v), want %v", got, err, test.want)
			}
			if got := actor.Known(); got != test.known {
				t.Errorf("known %v, want %v", got, test.known)
			}
			if test.known && (actor.GUID != jane || !actor.Member(1)) {
				t.Errorf("got %+v, want jane of community 1", actor)
			}
		})
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	auth.Challenge(h)
	if got, want := h.Get("WWW-Authenticate"), `Bearer realm="cameo"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
