package auth_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/directory"
	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb/sqltest"
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
	people := peopleOf(t)
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
			actor, err := auth.New(verifier, people, nil).Actor(echo.New().NewContext(r, httptest.NewRecorder()))
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

// peopleOf is a directory that is open and empty, and lets people in.
func peopleOf(t *testing.T) *association.Service {
	t.Helper()
	d := directory.New(sqltest.SQLite(t), atNoon, rand.Reader)
	return association.NewService(association.Config{
		Directory: d, Register: d, Secrets: d, Clock: atNoon, Random: rand.Reader, Sessions: association.DefaultSessionLimits(),
	})
}

// A session's key is believed wherever it is shown; what is shown on purpose goes before a cookie.
func TestASessionIsAnActor(t *testing.T) {
	t.Parallel()
	people := peopleOf(t)
	open := func(guid association.GUID) string {
		key, _, err := people.Open(t.Context(),
			association.Actor{GUID: guid, Communities: []storage.Community{1}}, association.ViaToken, "", "")
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	ours, other := open(jane), open("11111111-2222-3333-4444-555555555555")
	for _, test := range []struct {
		name    string
		headers [][2]string
		want    association.GUID
		fails   bool
	}{
		{"cookie", [][2]string{{"Cookie", "iglooauth=" + ours}}, jane, false},
		{"cookie in camel case", [][2]string{{"Cookie", "a=b; iglooAuth=" + ours}}, jane, false},
		{"cookie twice", [][2]string{{"Cookie", "iglooauth=" + ours + "; IglooAuth=" + ours}}, jane, false},
		{"two cookies", [][2]string{{"Cookie", "iglooauth=" + ours + "; iglooAuth=" + other}}, "", true},
		{"other cookies", [][2]string{{"Cookie", "igjwt=" + ours}}, "", false},
		{"bearer", [][2]string{{"Authorization", "Bearer " + ours}}, jane, false},
		{"header", [][2]string{{"X-Igloo-Auth", ours}}, jane, false},
		{"header before cookie", [][2]string{{"X-Igloo-Auth", ours}, {"Cookie", "iglooauth=" + other}}, jane, false},
		{"bearer before header", [][2]string{{"Authorization", "Bearer " + ours}, {"X-Igloo-Auth", other}}, jane, false},
		{"unknown key", [][2]string{{"Cookie", "iglooauth=00000000-0000-4000-8000-000000000000"}}, "", true},
		{"cut key", [][2]string{{"Cookie", "iglooauth=" + ours[:35]}}, "", true},
		{"key in upper case", [][2]string{{"X-Igloo-Auth", strings.ToUpper(ours)}}, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			for _, h := range test.headers {
				r.Header.Add(h[0], h[1])
			}
			actor, err := auth.New(nil, people, nil).Actor(echo.New().NewContext(r, httptest.NewRecorder()))
			if fault.Is(err, fault.Unauthenticated) != test.fails || actor.GUID != test.want {
				t.Errorf("got %+v and %v, want %q", actor, err, test.want)
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
