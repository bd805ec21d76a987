package authtest

import (
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Where the issuer answers what.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	KeysPath      = "/jwks.json"
	AuthorizePath = "/authorize"
	TokenPath     = "/token"
)

// What the issuer knows of the one client that it has.
const (
	ClientID     = "cameo-pages"
	ClientSecret = "a secret & more: 100%" // with signs that have to be escaped
)

// grant is what a code stands for.
type grant struct {
	redirect, challenge, nonce string
	person                     map[string]any
}

// Discovery is what the issuer says of itself.
func (i *Issuer) Discovery() map[string]any {
	return map[string]any{
		"issuer": i.URL, "jwks_uri": i.JWKSURL(),
		"authorization_endpoint": i.URL + AuthorizePath, "token_endpoint": i.URL + TokenPath,
		"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{RS256, ES256, EdDSA},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
		"authorization_response_iss_parameter_supported": true,
	}
}

// DiscoverAs makes the issuer say of itself what Discovery does, with some of it changed; a nil one is left
// out.
func (i *Issuer) DiscoverAs(changes map[string]any) {
	said := changed(i.Discovery(), changes)
	i.Answer(DiscoveryPath, func(w http.ResponseWriter, _ *http.Request) { i.answer(w, http.StatusOK, said) })
}

// SignIn makes everybody who comes to sign in from now on the person with these claims. They are put over
// those that an ID token must have; a nil one is left out. With nil for all of them everybody is denied.
func (i *Issuer) SignIn(claims map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.person = claims
}

// Visit goes to the address at the issuer to which somebody was sent to sign in, as a browser does, and
// returns the address to which the issuer sends the browser back.
func (i *Issuer) Visit(address string) *url.URL {
	i.t.Helper()
	browser := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
	answer, err := browser.Get(address)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		i.t.Fatalf("the issuer sends nobody back from %s: %d, %v", address, answer.StatusCode, err)
	}
	return back
}

func (i *Issuer) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	i.answer(w, http.StatusOK, i.Discovery())
}

// serveAuthorize signs in whoever comes, without asking.
func (i *Issuer) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	back, err := url.Parse(asked.Get("redirect_uri"))
	if err != nil || !back.IsAbs() || asked.Get("client_id") != ClientID {
		http.Error(w, "no such client, or no way back", http.StatusBadRequest)
		return
	}
	query := back.Query()
	query.Set("state", asked.Get("state"))
	query.Set("iss", i.URL)
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case asked.Get("response_type") != "code", asked.Get("state") == "", asked.Get("nonce") == "",
		asked.Get("code_challenge_method") != "S256", len(asked.Get("code_challenge")) != 43,
		!slices.Contains(strings.Fields(asked.Get("scope")), "openid"):
		query.Set("error", "invalid_request")
	case i.person == nil:
		query.Set("error", "access_denied")
	default:
		code := rand.Text()
		i.grants[code] = grant{
			redirect: asked.Get("redirect_uri"), challenge: asked.Get("code_challenge"),
			nonce: asked.Get("nonce"), person: i.person,
		}
		query.Set("code", code)
	}
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// serveToken gives tokens for a code, once, to the client that can show what the challenge was made of.
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	id, _ = url.QueryUnescape(id) // RFC 6749, 2.3.1
	secret, _ = url.QueryUnescape(secret)
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ClientID || secret != ClientSecret {
		i.answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	code := r.PostFormValue("code")
	i.mu.Lock()
	g, ok := i.grants[code]
	delete(i.grants, code)
	i.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || r.PostFormValue("grant_type") != "authorization_code" ||
		r.PostFormValue("redirect_uri") != g.redirect || encode(sum[:]) != g.challenge {
		i.answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	i.answer(w, http.StatusOK, map[string]any{
		"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 3600,
		"id_token": i.Token(ES256, changed(map[string]any{
			"iss": i.URL, "aud": ClientID, "nonce": g.nonce, "at_hash": "x",
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		}, g.person)),
	})
}

// changed is m with changes put over it; what they make nil is left out.
func changed(m, changes map[string]any) map[string]any {
	all := maps.Clone(m)
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}
