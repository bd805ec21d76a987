package servertest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cameo/server/auth/authtest"
	"cameo/server/boot"
	"cameo/server/servertest"
)

// A14 from outside: every forged token has the same answer, tells nobody anything, and makes the instance ask
// nobody. What a token can be wrong in is a longer table in server/auth.
func TestA14ForgedTokens(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	var hits atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(canary.Close)
	instance := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.JWTIssuer, c.JWTAudience = issuer.URL, authtest.Audience
	}))
	jane := string(servertest.Person("jane"))
	good := issuer.Claims(jane, []int64{1}, []int64{1})
	changed := func(name string, value any) map[string]any {
		all := issuer.Claims(jane, []int64{1}, []int64{1})
		all[name] = value
		if value == nil {
			delete(all, name)
		}
		return all
	}
	if got, _ := show(t, instance, issuer.Token(authtest.RS256, good)); got != http.StatusNotFound {
		t.Fatalf("a good token: got %d, want 404 for an upload that does not exist", got)
	}

	ec := issuer.PrivateKey(authtest.ES256)
	signed := func(claims map[string]any) string { return issuer.Token(authtest.ES256, claims) }
	headed := func(header map[string]any) string { return issuer.Forge(authtest.ES256, header, good, ec) }
	forged := map[string]string{
		"none":                      issuer.Forge("none", nil, good, jwt.UnsafeAllowNoneSignatureType),
		"HS256 with the public key": issuer.Forge("HS256", nil, good, issuer.PublicPEM(authtest.RS256)),
		"expired":                   signed(changed("exp", time.Now().Add(-2*time.Minute).Unix())),
		"not yet valid":             signed(changed("nbf", time.Now().Add(2*time.Minute).Unix())),
		"other audience":            signed(changed("aud", "https://other.test")),
		"other issuer":              signed(changed("iss", canary.URL)),
		"no expiry":                 signed(changed("exp", nil)),
		"ID token":                  signed(changed("nonce", "n")),
		"kid is a path":             headed(map[string]any{"kid": "../../../../proc/self/environ"}),
		"kid is an address":         headed(map[string]any{"kid": canary.URL}),
		"jku":                       headed(map[string]any{"jku": canary.URL}),
		"jwk":                       headed(map[string]any{"jwk": map[string]string{"kty": "oct", "k": "c2VjcmV0"}}),
		"x5u":                       headed(map[string]any{"x5u": canary.URL}),
		"a stranger's key":          issuer.Forge(authtest.ES256, nil, good, authtest.NewIssuer(t).PrivateKey(authtest.ES256)),
		"two dots":                  "..",
		"many dots":                 strings.Repeat(".", 10_000),
	}
	status, want := show(t, instance, "x")
	if status != http.StatusUnauthorized {
		t.Fatalf("no token at all: got %d, want 401", status)
	}
	for name, token := range forged {
		if got, body := show(t, instance, token); got != status || body != want {
			t.Errorf("%s: got %d %s, want %d %s", name, got, body, status, want)
		}
	}
	// What no head of a request has room for, nobody reads.
	for name, token := range map[string]string{"a million dots": strings.Repeat(".", 1e6), "100 kB": signed(good) + strings.Repeat("A", 100_000)} {
		if got, _ := show(t, instance, token); got != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: got %d, want 431", name, got)
		}
	}
	if got := hits.Load(); got != 0 {
		t.Errorf("the canary was asked %d times", got)
	}
	if got := issuer.Requests(authtest.KeysPath); got > 2 {
		t.Errorf("keys were fetched %d times, want at most 2: at the start, and for an unknown id", got)
	}
	for name, token := range forged {
		if signature := token[strings.LastIndexByte(token, '.')+1:]; signature != "" && strings.Contains(instance.Log(), signature) {
			t.Errorf("%s: the log shows the token", name)
		}
	}
}

// A token of an issuer that names people in its own way and lists roles, from the app to a photo's owner.
func TestAnIssuersPersonUploads(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	instance := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.JWTIssuer, c.JWTAudience = issuer.URL, authtest.Audience
		c.ClaimCommunities, c.MemberRole = "realm_access.roles", []boot.Role{{Name: "staff", Community: 1}}
	}))
	claims := issuer.Claims("auth0|jane", nil, nil)
	for _, test := range []struct {
		roles []string
		want  int
	}{{[]string{"offline", "staff"}, http.StatusCreated}, {[]string{"1"}, http.StatusNotFound}} {
		claims["realm_access"] = map[string]any{"roles": test.roles}
		r := request(t, http.MethodPost, instance.URL+"/.api2/api/v1/communities/1/attachments",
			issuer.Token(authtest.EdDSA, claims))
		r.Header.Set("Content-Type", "application/json")
		r.Body = io.NopCloser(strings.NewReader(`{"name":"me.png","contentType":"image/png","contentLength":10}`))
		answer, err := instance.HTTP.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != test.want {
			t.Errorf("roles %v: got %d, want %d", test.roles, answer.StatusCode, test.want)
		}
	}
}

func request(t *testing.T, method, url, token string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// show asks for an upload with a token, and returns the answer without its number and its time.
func show(t *testing.T, i *servertest.Instance, token string) (int, string) {
	t.Helper()
	answer, err := i.HTTP.Do(request(t, http.MethodGet,
		i.URL+"/.api2/api/v1/communities/1/attachments/aaaaaaaaaa", token))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	passing := regexp.MustCompile(`"(requestSupportCode|timestamp)":("[^"]*"|\d+)`)
	challenge := answer.Header.Get("WWW-Authenticate")
	return answer.StatusCode, challenge + passing.ReplaceAllString(string(body), "")
}
