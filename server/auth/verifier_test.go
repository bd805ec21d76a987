package auth_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/auth/authtest"
	"cameo/storage"
	"cameo/storage/fault"
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
	if got, want := issuer.Fetches(), 1; got != want {
		t.Errorf("the keys were fetched %d times, want %d", got, want)
	}
}

// forgery is a token that must not be believed (A14).
type forgery struct{ name, token string }

// forgeries of tokens by issuer and by keys; those that bring an address bring canary's.
func forgeries(t *testing.T, issuer *authtest.Issuer, keys auth.Keys, canary string) []forgery {
	t.Helper()
	good := issuer.Claims(string(jane), []int64{1}, []int64{1})
	local := with(good, map[string]any{"iss": keys.Issuer(), "aud": auth.Audience})
	stranger := authtest.NewIssuer(t) // another issuer's keys
	var all []forgery
	add := func(name, alg string, header, claims map[string]any, key any) {
		all = append(all, forgery{name, issuer.Forge(alg, header, claims, key)})
	}
	add("none", "none", nil, good, jwt.UnsafeAllowNoneSignatureType)
	add("none as ours", "none", nil, local, jwt.UnsafeAllowNoneSignatureType)
	add("HS256 with the public key", "HS256", nil, good, issuer.PublicPEM(authtest.RS256))
	add("HS256 with the public key as ours", "HS256", nil, local, issuer.PublicPEM(authtest.RS256))
	add("HS256 with an empty key", "HS256", nil, local, []byte{})
	add("HS256 with our sealing key", "HS256", nil, local, keys.Sealing)
	add("HS512 with our key", "HS512", nil, local, keys.Signing)
	add("ours in the issuer's name", "HS256", nil, good, keys.Signing)
	add("the issuer in our name", authtest.RS256, nil, local, issuer.PrivateKey(authtest.RS256))
	add("RS512", "RS512", map[string]any{"kid": nil}, good, issuer.PrivateKey(authtest.RS256))
	add("a stranger's key under a known id", authtest.RS256, nil, good, stranger.PrivateKey(authtest.RS256))
	add("key of another algorithm", authtest.RS256, map[string]any{"kid": issuer.KeyID(authtest.ES256)}, good, stranger.PrivateKey(authtest.RS256))

	for name, changes := range map[string]map[string]any{
		"expired":               {"exp": time.Now().Add(-2 * time.Minute).Unix()},
		"not yet valid":         {"nbf": time.Now().Add(2 * time.Minute).Unix()},
		"no expiry":             {"exp": nil},
		"expiry is text":        {"exp": "never"},
		"other audience":        {"aud": "https://other.test"},
		"ID token":              {"aud": "a-client-id", "nonce": "n"},
		"no audience":           {"aud": nil},
		"other issuer":          {"iss": "https://other.test"},
		"no issuer":             {"iss": nil},
		"no subject":            {"sub": nil},
		"subject is no GUID":    {"sub": "jane"},
		"subject is a number":   {"sub": 7},
		"community is a word":   {"communities": []any{"all"}},
		"community is zero":     {"communities": []any{0}},
		"community is a half":   {"admin": []any{1.5}},
		"community is an array": {"admin": []any{[]any{1}}},
		"communities a number":  {"communities": 1},
		"communities an object": {"communities": map[string]any{"1": true}},
	} {
		add(name, authtest.ES256, nil, with(good, changes), issuer.PrivateKey(authtest.ES256))
		if changes["aud"] == nil && changes["iss"] == nil {
			add(name+", ours", "HS256", nil, with(local, changes), keys.Signing)
		}
	}
	// Signed with the right keys: only the header is wrong.
	for name, header := range map[string]map[string]any{
		"kid path":        {"kid": "../../../../dev/null"},
		"kid address":     {"kid": canary},
		"kid SQL":         {"kid": "x' UNION SELECT 'secret"},
		"kid is a number": {"kid": 7},
	} {
		add(name, authtest.ES256, header, good, issuer.PrivateKey(authtest.ES256))
	}
	for name, header := range map[string]map[string]any{
		"kid is long":     {"kid": strings.Repeat("k", 1000)},
		"crit":            {"crit": []string{"b64"}, "b64": false},
		"jku":             {"jku": canary},
		"jku is empty":    {"jku": []any{}},
		"JKU in capitals": {"JKU": canary},
		"x5u":             {"x5u": canary},
		"x5c":             {"x5c": []string{"MIIB"}},
		"jwk":             {"jwk": map[string]string{"kty": "oct", "k": "c2VjcmV0"}},
	} {
		add(name, authtest.ES256, header, good, issuer.PrivateKey(authtest.ES256))
		add(name+", ours", "HS256", header, local, keys.Signing)
	}
	add("signed with the jwk it brings", "HS256", map[string]any{"jwk": map[string]string{"kty": "oct", "k": "c2VjcmV0"}},
		local, []byte("secret"))
	right := issuer.Token(authtest.ES256, good)
	segments := strings.Split(right, ".")
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := digits[strings.IndexByte(digits, right[len(right)-1])^1] // differs in bits that carry nothing
	all = append(
		all, forgery{"empty", ""}, forgery{"two dots", ".."}, forgery{"a million dots", strings.Repeat(".", 1e6)},
		forgery{"dots up to the limit", strings.Repeat(".", 8<<10)},
		forgery{"100 kB", right + strings.Repeat("A", 100_000)}, forgery{"100 kB of header", strings.Repeat("A", 100_000) + right},
		forgery{"no signature", segments[0] + "." + segments[1] + "."}, forgery{"two parts", segments[0] + "." + segments[1]},
		forgery{"four parts", right + ".x"},
		forgery{"unused bits set", right[:len(right)-1] + string(last)},
		forgery{"signed, and too long", issuer.Token(authtest.ES256, with(good, map[string]any{"x": strings.Repeat("x", 8<<10)}))},
		forgery{"padded", right + "="}, forgery{"line break", right + "\n"},
		forgery{"other claims", segments[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{}`)) + "." + segments[2]},
		forgery{"header is no object", "W10." + segments[1] + "." + segments[2]},
		forgery{"deep header", base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat(`[`, 5000))) + "..x"},
	)
	return all
}

func TestForgedTokensAreRefusedAlike(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer canary.Close()
	issuer, keys := authtest.NewIssuer(t), newKeys(t)
	verifier := trusting(t, keys, issuer)
	for _, f := range forgeries(t, issuer, keys, canary.URL+"/keys") {
		quickest := time.Hour
		for range 5 {
			start := time.Now()
			actor, err := verifier.Verify(f.token)
			quickest = min(quickest, time.Since(start))
			if got, want := fault.Of(err), fault.Unauthenticated; got != want || actor.Known() {
				t.Fatalf("%s: %v and %+v, want %v", f.name, got, actor, want)
			}
			if got, want := fault.Public(err).Message, "the bearer token is not valid"; got != want {
				t.Errorf("%s: message %q, want %q", f.name, got, want)
			}
			for _, segment := range strings.Split(f.token, ".") {
				if len(segment) > 10 && strings.Contains(err.Error(), segment) {
					t.Errorf("%s: the log would show the token: %v", f.name, err)
				}
			}
			if len(err.Error()) > 1000 {
				t.Errorf("%s: %d bytes of error", f.name, len(err.Error()))
			}
		}
		if quickest > 5*time.Millisecond {
			t.Errorf("%s: took %v, want at most 5 ms", f.name, quickest)
		}
	}
	if got := hits.Load(); got != 0 {
		t.Errorf("the canary was asked %d times", got)
	}
	if got := issuer.Fetches(); got > 2 {
		t.Errorf("strangers made us fetch keys %d times, want at most 2", got)
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
	whole := auth.Config{Keys: keys, LocalTokens: true, Issuer: "https://i.test", Audience: "a", JWKSURL: "https://i.test/jwks", Clock: now}
	for _, test := range []struct {
		name   string
		change func(*auth.Config)
		want   string // in the error; "" is none
	}{
		{"whole", func(*auth.Config) {}, ""},
		{"local only", func(c *auth.Config) { c.Issuer, c.Audience, c.JWKSURL = "", "", "" }, ""},
		{"nobody", func(c *auth.Config) { *c = auth.Config{Keys: keys} }, "nobody"},
		{"no audience", func(c *auth.Config) { c.Audience = "" }, "--jwt-audience"},
		{"no JWKS", func(c *auth.Config) { c.JWKSURL = "" }, "--jwks-url"},
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
	if got, want := issuer.Fetches(), 2; got != want {
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

func BenchmarkVerify(b *testing.B) {
	issuer, keys := authtest.NewIssuer(b), newKeys(b)
	verifier := trusting(b, keys, issuer)
	claims := issuer.Claims(string(jane), []int64{1}, []int64{1})
	tokens := map[string]string{"HS256": issuer.Forge("HS256", nil,
		with(claims, map[string]any{"iss": keys.Issuer(), "aud": auth.Audience}), keys.Signing)}
	for _, alg := range []string{authtest.RS256, authtest.ES256, authtest.EdDSA} {
		tokens[alg] = issuer.Token(alg, claims)
	}
	for _, alg := range []string{"HS256", authtest.RS256, authtest.ES256, authtest.EdDSA} {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := verifier.Verify(tokens[alg]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
