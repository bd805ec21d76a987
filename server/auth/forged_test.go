package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cameo/server/auth"
	"cameo/server/auth/authtest"
	"cameo/storage/fault"
)

// forgery is a token that must not be believed.
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
	add("subject of ours is no GUID", "HS256", nil, with(local, map[string]any{"sub": "jane"}), keys.Signing)
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
		"ID token for us":       {"nonce": "n"},
		"ID token, no nonce":    {"at_hash": "h"},
		"hybrid ID token":       {"c_hash": "h"},
		"nonce is nothing":      {"nonce": json.RawMessage("null")},
		"logout token":          {"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}},
		"no audience":           {"aud": nil},
		"other issuer":          {"iss": "https://other.test"},
		"no issuer":             {"iss": nil},
		"no subject":            {"sub": nil},
		"subject is empty":      {"sub": ""},
		"subject is long":       {"sub": strings.Repeat("j", 256)},
		"subject is a number":   {"sub": 7},
		"community is a word":   {"communities": []any{"all"}},
		"community is zero":     {"communities": []any{0}},
		"community is a half":   {"admin": []any{1.5}},
		"community is an array": {"admin": []any{[]any{1}}},
		"community below zero":  {"communities": -1},
		"community too large":   {"communities": json.Number("9223372036854775808")},
		"community with a sign": {"communities": []any{"+1"}},
		"communities a truth":   {"communities": true},
		"communities of truths": {"admin": []any{true}},
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
		"typ is a logout": {"typ": "logout+jwt"},
		"typ is a proof":  {"typ": "dpop+jwt"},
		"typ in full":     {"typ": "application/secevent+jwt"},
		"typ is a number": {"typ": 1},
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
	asked, known := issuer.Requests(authtest.KeysPath), 0 // for the keys; of that by tokens without an unknown key id
	for _, f := range forgeries(t, issuer, keys, canary.URL+"/keys") {
		quickest := time.Hour
		for range 5 {
			start := time.Now()
			actor, err := verifier.Verify(f.token)
			quickest = min(quickest, time.Since(start))
			if got, want := fault.Of(err), fault.Unauthenticated; got != want || actor.Known() {
				t.Fatalf("%s: %v and %+v, want %v", f.name, got, actor, want)
			}
			// What is equal here is answered by the same bytes: a dialect sees no more of an error.
			got, want := fault.Public(err), fault.New(fault.Unauthenticated, "the bearer token is not valid")
			if got.Kind != want.Kind || got.Message != want.Message || got.Param != want.Param || got.Reason != want.Reason {
				t.Errorf("%s: a stranger sees %+v, want %+v", f.name, got, want)
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
		if !strings.HasPrefix(f.name, "kid ") {
			known += issuer.Requests(authtest.KeysPath) - asked
		}
		asked = issuer.Requests(authtest.KeysPath)
	}
	if got := hits.Load(); got != 0 {
		t.Errorf("the canary was asked %d times", got)
	}
	if known != 0 {
		t.Errorf("tokens under known keys, or none, made us fetch keys %d times", known)
	}
	if got, want := issuer.Requests(authtest.KeysPath), 2; got != want {
		t.Errorf("keys were fetched %d times, want %d: at the start, and for the first unknown id", got, want)
	}
}
