package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cameo/association"
	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
)

const jane association.GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"

// part decodes the header (0) or the claims (1) of a token.
func part(t *testing.T, token string, n int) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestTokenSaysExactlyThis(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	claims := auth.Claims{Subject: jane, Communities: []storage.Community{1, 10068556}, For: time.Hour}
	token, err := keys.Token(claims)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "JWT"}, part(t, token, 0)); diff != "" {
		t.Errorf("header, want -, got +:\n%s", diff)
	}
	got := part(t, token, 1)
	id, _ := got["jti"].(string)
	want := map[string]any{
		"iss": "cameo:" + keys.Deployment, "aud": "cameo", "sub": string(jane), "jti": id,
		"communities": []any{1.0, 10068556.0}, "admin": []any{},
		"iat": float64(noon / 1000), "exp": float64(noon/1000 + 3600),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims, want -, got +:\n%s", diff)
	}
	other, err := keys.Token(claims)
	if err != nil {
		t.Fatal(err)
	}
	if len(id) != 22 || part(t, other, 1)["jti"] == id {
		t.Errorf("jti %q, want 22 characters, new in each token", id)
	}
}

func TestTokenRefusesNonsense(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	for name, claims := range map[string]auth.Claims{
		"no subject": {For: time.Hour}, "no GUID": {Subject: "jane", For: time.Hour},
		"no time": {Subject: jane}, "negative time": {Subject: jane, For: -time.Hour},
	} {
		token, err := keys.Token(claims)
		if got, want := fault.Of(err), fault.Invalid; got != want || token != "" {
			t.Errorf("%s: %v and %q, want %v", name, got, token, want)
		}
	}
}

func TestTokenOfOursIsBelieved(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	verifier, err := auth.NewVerifier(t.Context(), auth.DefaultConfig(keys, atNoon))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		claims auth.Claims
		want   association.Actor
	}{
		{
			"member",
			auth.Claims{Subject: jane, Communities: []storage.Community{1, 2}},
			association.Actor{GUID: jane, Communities: []storage.Community{1, 2}},
		},
		{
			"administrator",
			auth.Claims{Subject: jane, Communities: []storage.Community{1}, Admin: []storage.Community{1}},
			association.Actor{GUID: jane, Communities: []storage.Community{1}, Admin: []storage.Community{1}},
		},
		{"of nothing", auth.Claims{Subject: jane}, association.Actor{GUID: jane}},
	} {
		test.claims.For = time.Minute
		token, err := keys.Token(test.claims)
		if err != nil {
			t.Fatal(err)
		}
		got, err := verifier.Verify(token)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got, undated); diff != "" {
			t.Errorf("%s, want -, got +:\n%s", test.name, diff)
		}
	}
}
