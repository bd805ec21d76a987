package auth_test

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/auth/authtest"
	"cameo/storage"
)

// undated leaves out until when an actor is believed, which differs from token to token.
var undated = cmpopts.IgnoreFields(association.Actor{}, "Expires")

// now is the machine's clock, by which authtest's tokens are dated.
func now() storage.Millis { return storage.At(time.Now()) }

// trusting is a verifier that believes keys and issuer.
func trusting(t testing.TB, keys auth.Keys, issuer *authtest.Issuer) *auth.Verifier {
	t.Helper()
	verifier, err := auth.NewVerifier(t.Context(), configured(keys, issuer))
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func configured(keys auth.Keys, issuer *authtest.Issuer) auth.Config {
	c := auth.DefaultConfig(keys, now)
	c.Issuer, c.Audience, c.JWKSURL = issuer.URL, authtest.Audience, issuer.JWKSURL()
	return c
}

// with is claims with some of them changed; a nil one is left out.
func with(claims, changes map[string]any) map[string]any {
	all := maps.Clone(claims)
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

func TestIssuersTokenIsBelieved(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	verifier := trusting(t, newKeys(t), issuer)
	good := issuer.Claims(string(jane), []int64{1}, nil)
	whole := association.Actor{GUID: jane, Communities: []storage.Community{1}}
	for _, test := range []struct {
		name   string
		alg    string
		header map[string]any
		claims map[string]any
		want   association.Actor
	}{
		{"RS256", authtest.RS256, nil, nil, whole},
		{"ES256", authtest.ES256, nil, nil, whole},
		{"EdDSA", authtest.EdDSA, nil, nil, whole},
		{"no key id", authtest.ES256, map[string]any{"kid": nil}, nil, whole},
		{"several audiences", authtest.ES256, nil, map[string]any{"aud": []string{"x", authtest.Audience}}, whole},
		{"typ of RFC 9068", authtest.ES256, map[string]any{"typ": "at+jwt"}, nil, whole},
		{"typ of RFC 9068, in full", authtest.ES256, map[string]any{"typ": "application/at+JWT"}, nil, whole},
		{"no typ", authtest.ES256, map[string]any{"typ": nil}, nil, whole},
		{"GUID in braces and capitals", authtest.ES256, nil, map[string]any{"sub": "{" + strings.ToUpper(string(jane)) + "}"}, whole},
		{"digit strings", authtest.ES256, nil, map[string]any{"communities": []any{"1"}, "admin": []any{}}, whole},
		{
			"mixed, and administrator", authtest.ES256, nil,
			map[string]any{"communities": []any{"2", 3}, "admin": []any{4}},
			association.Actor{GUID: jane, Communities: []storage.Community{2, 3}, Admin: []storage.Community{4}},
		},
		{"no communities", authtest.ES256, nil, map[string]any{"communities": nil, "admin": nil}, association.Actor{GUID: jane}},
		{"expired within the leeway", authtest.ES256, nil, map[string]any{"exp": time.Now().Add(-30 * time.Second).Unix()}, whole},
		{"not before, within the leeway", authtest.ES256, nil, map[string]any{"nbf": time.Now().Add(30 * time.Second).Unix()}, whole},
	} {
		token := issuer.Forge(test.alg, test.header, with(good, test.claims), issuer.PrivateKey(test.alg))
		got, err := verifier.Verify(token)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got, undated); diff != "" {
			t.Errorf("%s, want -, got +:\n%s", test.name, diff)
		}
	}
	if got, want := issuer.Requests(authtest.KeysPath), 1; got != want {
		t.Errorf("the keys were fetched %d times, want %d", got, want)
	}
}

func TestWithoutIssuerOrLocalTokensNobodyElseIsBelieved(t *testing.T) {
	t.Parallel()
	issuer, keys := authtest.NewIssuer(t), newKeys(t)
	theirs := issuer.Token(authtest.RS256, issuer.Claims(string(jane), []int64{1}, nil))
	ours := issuer.Forge("HS256", nil, with(issuer.Claims(string(jane), []int64{1}, nil),
		map[string]any{"iss": keys.Issuer(), "aud": auth.Audience}), keys.Signing)
	onlyTheirs := configured(keys, issuer)
	onlyTheirs.LocalTokens = false
	for _, test := range []struct {
		name         string
		config       auth.Config
		ours, theirs bool
	}{
		{"local", auth.DefaultConfig(keys, now), true, false},
		{"issuer", onlyTheirs, false, true},
		{"both", configured(keys, issuer), true, true},
		{"other keys", configured(newKeys(t), issuer), false, true},
	} {
		verifier, err := auth.NewVerifier(t.Context(), test.config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := verifier.Verify(ours); (err == nil) != test.ours {
			t.Errorf("%s: our token gives %v, want believed %v", test.name, err, test.ours)
		}
		if _, err := verifier.Verify(theirs); (err == nil) != test.theirs {
			t.Errorf("%s: the issuer's token gives %v, want believed %v", test.name, err, test.theirs)
		}
	}
}

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	whole := auth.DefaultConfig(keys, now)
	whole.Issuer, whole.Audience, whole.JWKSURL = "https://i.test", "a", "https://i.test/jwks"
	for _, test := range []struct {
		name   string
		change func(*auth.Config)
		want   string // in the error; "" is none
	}{
		{"whole", func(*auth.Config) {}, ""},
		{"local only", func(c *auth.Config) { c.Issuer, c.Audience, c.JWKSURL = "", "", "" }, ""},
		{"nobody", func(c *auth.Config) { *c = auth.Config{Keys: keys} }, "nobody"},
		{"no audience", func(c *auth.Config) { c.Audience = "" }, "--jwt-audience"},
		{"discovery", func(c *auth.Config) { c.JWKSURL = "" }, ""},
		{"discovery of what is no URL", func(c *auth.Config) { c.Issuer, c.JWKSURL = "the issuer", "" }, "--jwt-issuer"},
		{"keys of what is no URL", func(c *auth.Config) { c.Issuer = "the issuer" }, ""},
		{"sign-in alone", func(c *auth.Config) { c.Audience, c.Client = "", auth.Client{ID: "c", Scopes: []string{"openid"}} }, ""},
		{"sign-in without openid", func(c *auth.Config) { c.Client = auth.Client{ID: "c", Scopes: []string{"email"}} }, "--oidc-scopes"},
		{"sign-in at what is no URL", func(c *auth.Config) {
			c.Issuer, c.Client = "the issuer", auth.Client{ID: "c", Scopes: []string{"openid"}}
		}, "--jwt-issuer"},
		{"a claim without a name", func(c *auth.Config) { c.Mapping.Admin = "" }, "--claim-admin"},
		{"JWKS without issuer", func(c *auth.Config) { c.Issuer = "" }, "--jwt-issuer"},
		{"JWKS in a file", func(c *auth.Config) { c.JWKSURL = "file:///etc/passwd" }, "--jwks-url"},
		{"JWKS without host", func(c *auth.Config) { c.JWKSURL = "https:///x" }, "--jwks-url"},
		{"our own name", func(c *auth.Config) { c.Issuer = keys.Issuer() }, "--jwt-issuer"},
	} {
		config := whole
		test.change(&config)
		err := config.Validate()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

func TestRotatedKeysAreFetchedOnceForAll(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	verifier := trusting(t, newKeys(t), issuer)
	claims := issuer.Claims(string(jane), []int64{1}, nil)
	old := issuer.Token(authtest.ES256, claims)
	issuer.Rotate()
	fresh := []string{issuer.Token(authtest.ES256, claims), issuer.Token(authtest.EdDSA, claims)}
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			if _, err := verifier.Verify(fresh[i%2]); err != nil {
				t.Errorf("a token under a new key: %v", err)
			}
		})
	}
	wait.Wait()
	if _, err := verifier.Verify(old); err == nil {
		t.Error("a token under a withdrawn key is believed")
	}
	stranger := issuer.PrivateKey(authtest.ES256)
	for i := range 100 {
		kid := strings.Repeat("k", i+1)
		if _, err := verifier.Verify(issuer.Forge(authtest.ES256, map[string]any{"kid": kid}, claims, stranger)); err == nil {
			t.Errorf("kid %q is believed", kid)
		}
	}
	if got, want := issuer.Requests(authtest.KeysPath), 2; got != want {
		t.Errorf("the keys were fetched %d times, want %d", got, want)
	}
}

func TestIssuerThatHangsHoldsNobodyLong(t *testing.T) {
	t.Parallel()
	issuer, keys := authtest.NewIssuer(t), newKeys(t)
	issuer.Stall()
	var failures atomic.Int64
	config := configured(keys, issuer)
	config.FetchFailed = func(error) { failures.Add(1) }
	start := time.Now()
	verifier, err := auth.NewVerifier(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	claims := issuer.Claims(string(jane), []int64{1}, nil)
	for range 100 {
		if _, err := verifier.Verify(issuer.Token(authtest.RS256, claims)); err == nil {
			t.Error("a token under a key that was never fetched is believed")
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the start and a hundred tokens took %v, want two fetches of 2 s each", took)
	}
	if got, want := failures.Load(), int64(2); got != want {
		t.Errorf("%d fetches failed, want %d", got, want)
	}
	ours := issuer.Forge("HS256", nil, with(claims, map[string]any{"iss": keys.Issuer(), "aud": auth.Audience}), keys.Signing)
	if _, err := verifier.Verify(ours); err != nil {
		t.Errorf("our own token while the issuer hangs: %v", err)
	}
}

func TestIssuerThatWasDownAtTheStartIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]map[string]any{"key id": nil, "no key id": {"kid": nil}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := authtest.NewIssuer(t)
			issuer.Stall()
			verifier := trusting(t, newKeys(t), issuer)
			issuer.Resume()
			token := issuer.Forge(authtest.EdDSA, header, issuer.Claims(string(jane), nil, nil), issuer.PrivateKey(authtest.EdDSA))
			if _, err := verifier.Verify(token); err != nil {
				t.Errorf("got %v, want it believed", err)
			}
		})
	}
}
