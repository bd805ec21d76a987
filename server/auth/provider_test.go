package auth_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/auth/authtest"
	"cameo/storage"
	"cameo/storage/fault"
)

const redirect = "https://photos.example.org/signed-in?page=1"

// registered is a configuration for signing in at issuer, and for nothing else.
func registered(keys auth.Keys, issuer *authtest.Issuer) auth.Config {
	c := discovered(keys, issuer)
	c.Audience = ""
	c.Client = auth.Client{
		ID: authtest.ClientID, Secret: authtest.ClientSecret, Scopes: []string{"openid", "profile", "email"},
	}
	return c
}

// provider is the provider of a configuration, and its verifier.
func provider(t *testing.T, c auth.Config) (*auth.Provider, *auth.Verifier) {
	t.Helper()
	verifier, err := auth.NewVerifier(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return auth.NewProvider(verifier, rand.Reader), verifier
}

// begun is a sign-in up to the browser's return.
func begun(t *testing.T, p *auth.Provider, issuer *authtest.Issuer) (url.Values, auth.Pending) {
	t.Helper()
	address, pending, err := p.Begin(t.Context(), redirect)
	if err != nil {
		t.Fatal(err)
	}
	return issuer.Visit(address).Query(), pending
}

var person = map[string]any{"sub": string(jane), "communities": []int{1}, "admin": []int{2}, "name": "Jane", "email": "jane@example.org", "email_verified": true}

func TestSignIn(t *testing.T) {
	t.Parallel()
	whole := auth.Identity{
		Actor:   association.Actor{GUID: jane, Communities: []storage.Community{1}, Admin: []storage.Community{2}},
		Subject: string(jane), Name: "Jane", Email: "jane@example.org", EmailVerified: true,
	}
	for _, test := range []struct {
		name    string
		claims  map[string]any // put over person
		says    map[string]any // of itself, the issuer
		change  func(*auth.Config)
		want    auth.Identity
		derived bool // the GUID
	}{
		{name: "as it should be", want: whole},
		{name: "secret in the body", says: map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}, want: whole},
		{name: "an issuer that says little", says: map[string]any{
			"token_endpoint_auth_methods_supported": nil, "authorization_response_iss_parameter_supported": nil,
		}, want: whole},
		{name: "keys elsewhere configured", change: func(c *auth.Config) { c.JWKSURL = c.Issuer + authtest.KeysPath }, want: whole},
		{name: "several audiences, ours the party", claims: map[string]any{"aud": []string{"x", authtest.ClientID}, "azp": authtest.ClientID}, want: whole},
		{name: "nothing to read", claims: map[string]any{"name": 7, "email": strings.Repeat("e", 300), "email_verified": "yes"}, want: auth.Identity{
			Actor: whole.Actor, Subject: whole.Subject,
		}},
		{name: "no GUID", claims: map[string]any{"sub": "00uJane"}, want: whole, derived: true},
		{name: "roles", claims: map[string]any{"groups": []string{"chiefs"}}, change: func(c *auth.Config) {
			c.Mapping.Admin, c.Mapping.AdminRoles = "groups", []auth.Role{{Name: "chiefs", Community: 2}}
		}, want: whole},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			issuer := authtest.NewIssuer(t)
			issuer.DiscoverAs(test.says)
			claims := maps.Clone(person)
			maps.Copy(claims, test.claims)
			issuer.SignIn(claims)
			config := registered(newKeys(t), issuer)
			if test.change != nil {
				test.change(&config)
			}
			p, _ := provider(t, config)
			answer, pending := begun(t, p, issuer)
			got, err := p.Finish(t.Context(), answer, pending)
			if err != nil {
				t.Fatal(err)
			}
			if test.derived {
				// The same person as by an access token.
				config.Audience = authtest.Audience
				_, verifier := provider(t, config)
				actor, err := verifier.Verify(issuer.Token(authtest.RS256, issuer.Claims("00uJane", nil, nil)))
				if err != nil || got.GUID != actor.GUID || got.Subject != "00uJane" {
					t.Errorf("%s is %s; by an access token %s, %v", got.Subject, got.GUID, actor.GUID, err)
				}
				got.GUID, got.Subject = jane, string(jane)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if _, err := p.Finish(t.Context(), answer, pending); fault.Of(err) != fault.Unauthenticated {
				t.Errorf("the same answer again: got %v, want unauthenticated", err)
			}
		})
	}
}

func TestSignInBeginsWithFreshSecretsAndTellsNone(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	p, _ := provider(t, registered(newKeys(t), issuer))
	seen := map[string]bool{}
	for range 3 {
		address, pending, err := p.Begin(t.Context(), redirect)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{pending.State, pending.Nonce, pending.Verifier} {
			if len(secret) != 43 || seen[secret] {
				t.Errorf("%q is not 43 new characters", secret)
			}
			seen[secret] = true
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		challenge := u.Query().Get("code_challenge")
		if got, want := u.Query(), (url.Values{
			"response_type": {"code"}, "client_id": {authtest.ClientID}, "redirect_uri": {redirect},
			"scope": {"openid profile email"}, "state": {pending.State}, "nonce": {pending.Nonce},
			"code_challenge": {challenge}, "code_challenge_method": {"S256"},
		}); !cmp.Equal(want, got) {
			t.Errorf("want -, got +:\n%s", cmp.Diff(want, got))
		}
		if strings.Contains(address, pending.Verifier) || len(challenge) != 43 {
			t.Errorf("%s tells the verifier, or has no challenge", address)
		}
	}
	verifier, err := auth.NewVerifier(t.Context(), registered(newKeys(t), issuer))
	if err != nil {
		t.Fatal(err)
	}
	dry := auth.NewProvider(verifier, iotest.ErrReader(errors.New("dry")))
	if address, _, err := dry.Begin(t.Context(), redirect); err == nil {
		t.Errorf("a sign-in without randomness: %s", address)
	}
	none := configured(newKeys(t), issuer)
	if p, _ := provider(t, none); p != nil {
		t.Error("a provider without a client")
	}
}

// Whoever gets a browser to bring an answer of theirs, or a part of one, is refused; mostly before the
// issuer is asked anything.
func TestForgedAnswersAreRefused(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	issuer.SignIn(person)
	p, _ := provider(t, registered(newKeys(t), issuer))
	for _, test := range []struct {
		name   string
		change func(answer url.Values, pending *auth.Pending)
		kind   fault.Kind
		reason string
		asks   int // requests for tokens
	}{
		{"no state", func(a url.Values, _ *auth.Pending) { a.Del("state") }, fault.Unauthenticated, "", 0},
		{"another state", func(a url.Values, _ *auth.Pending) { a.Set("state", "x") }, fault.Unauthenticated, "", 0},
		{"two states", func(a url.Values, _ *auth.Pending) { a.Add("state", "x") }, fault.Unauthenticated, "", 0},
		{"nothing was begun", func(_ url.Values, p *auth.Pending) { *p = auth.Pending{} }, fault.Unauthenticated, "", 0},
		{"nothing was begun, no state comes", func(a url.Values, p *auth.Pending) {
			a.Set("state", "")
			p.State = ""
		}, fault.Unauthenticated, "", 0},
		{"too late", func(_ url.Values, p *auth.Pending) { p.Until = now() }, fault.Unauthenticated, "expired", 0},
		{"another issuer's", func(a url.Values, _ *auth.Pending) { a.Set("iss", "https://evil.example") }, fault.Unauthenticated, "", 0},
		{"nobody's", func(a url.Values, _ *auth.Pending) { a.Del("iss") }, fault.Unauthenticated, "", 0},
		{"of two issuers", func(a url.Values, _ *auth.Pending) { a.Add("iss", "https://evil.example") }, fault.Unauthenticated, "", 0},
		{"denied", func(a url.Values, _ *auth.Pending) { a.Set("error", "access_denied") }, fault.Unauthenticated, "access_denied", 0},
		{"denied by a stranger", func(a url.Values, _ *auth.Pending) {
			a.Set("error", "access_denied")
			a.Set("state", "x")
		}, fault.Unauthenticated, "", 0},
		{"asked wrongly", func(a url.Values, _ *auth.Pending) { a.Set("error", "invalid_scope") }, fault.Unauthenticated, "", 0},
		{"the issuer is busy", func(a url.Values, _ *auth.Pending) { a.Set("error", "temporarily_unavailable") }, fault.Unavailable, "", 0},
		{"no code", func(a url.Values, _ *auth.Pending) { a.Del("code") }, fault.Unauthenticated, "", 0},
		{"two codes", func(a url.Values, _ *auth.Pending) { a.Add("code", "x") }, fault.Unauthenticated, "", 0},
		{"a made-up code", func(a url.Values, _ *auth.Pending) { a.Set("code", "x") }, fault.Unauthenticated, "", 1},
		{"another verifier", func(_ url.Values, p *auth.Pending) { p.Verifier = strings.Repeat("v", 43) }, fault.Unauthenticated, "", 1},
		{"no verifier", func(_ url.Values, p *auth.Pending) { p.Verifier = "" }, fault.Unauthenticated, "", 1},
		{"another way back", func(_ url.Values, p *auth.Pending) { p.Redirect += "x" }, fault.Unauthenticated, "", 1},
		{"another nonce", func(_ url.Values, p *auth.Pending) { p.Nonce = "x" }, fault.Unauthenticated, "", 1},
		{"no nonce", func(_ url.Values, p *auth.Pending) { p.Nonce = "" }, fault.Unauthenticated, "", 1},
		{"the code of another's sign-in", func(a url.Values, _ *auth.Pending) {
			theirs, _ := begun(t, p, issuer)
			a.Set("code", theirs.Get("code"))
		}, fault.Unauthenticated, "", 1},
	} {
		answer, pending := begun(t, p, issuer)
		before := issuer.Requests(authtest.TokenPath)
		secrets := []string{answer.Get("code"), pending.Verifier, pending.Nonce, authtest.ClientSecret}
		test.change(answer, &pending)
		got, err := p.Finish(t.Context(), answer, pending)
		if fault.Of(err) != test.kind || fault.Public(err).Reason != test.reason || got.Known() {
			t.Errorf("%s: got %v and %+v, want %v %s", test.name, err, got, test.kind, test.reason)
		}
		if got := issuer.Requests(authtest.TokenPath) - before; got != test.asks {
			t.Errorf("%s: the issuer was asked for tokens %d times, want %d", test.name, got, test.asks)
		}
		for _, secret := range secrets {
			if secret != "" && strings.Contains(fmt.Sprint(err), secret) {
				t.Errorf("%s: the log would show a secret: %v", test.name, err)
			}
		}
	}
}

// An issuer that does not say that it names itself may do so all the same: then it counts.
func TestAnswerThatNamesAnotherIssuerIsRefused(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	issuer.SignIn(person)
	issuer.DiscoverAs(map[string]any{"authorization_response_iss_parameter_supported": nil})
	p, _ := provider(t, registered(newKeys(t), issuer))
	answer, pending := begun(t, p, issuer)
	answer.Set("iss", "https://evil.example")
	if got, err := p.Finish(t.Context(), answer, pending); fault.Of(err) != fault.Unauthenticated || got.Known() {
		t.Errorf("got %+v and %v, want unauthenticated", got, err)
	}
	answer.Del("iss")
	if got, err := p.Finish(t.Context(), answer, pending); err != nil || got.GUID != jane {
		t.Errorf("without a name: got %+v and %v, want jane", got, err)
	}
}

func TestForgedIDTokensAreRefused(t *testing.T) {
	t.Parallel()
	issuer, stranger := authtest.NewIssuer(t), authtest.NewIssuer(t)
	issuer.SignIn(person)
	p, _ := provider(t, registered(newKeys(t), issuer))
	sign := func(alg string, key any) func(map[string]any) string {
		return func(c map[string]any) string { return issuer.Forge(alg, nil, c, key) }
	}
	head := func(header map[string]any) func(map[string]any) string {
		return func(c map[string]any) string {
			return issuer.Forge(authtest.ES256, header, c, issuer.PrivateKey(authtest.ES256))
		}
	}
	good := sign(authtest.ES256, issuer.PrivateKey(authtest.ES256))
	for _, test := range []struct {
		name   string
		claims map[string]any
		sign   func(map[string]any) string
		good   bool
	}{
		{"as it should be", nil, good, true},
		{"within the leeway", map[string]any{"exp": time.Now().Add(-30 * time.Second).Unix()}, good, true},
		{"another nonce", map[string]any{"nonce": "x"}, good, false},
		{"no nonce", map[string]any{"nonce": nil}, good, false},
		{"no nonce, and none is remembered", map[string]any{"nonce": nil, "forgotten": true}, good, false},
		{"nonce in a list", map[string]any{"nonce": []string{"x"}}, good, false},
		{"for an API", map[string]any{"aud": authtest.Audience}, good, false},
		{"for nobody", map[string]any{"aud": nil}, good, false},
		{"for several, of nobody", map[string]any{"aud": []string{authtest.ClientID, "x"}}, good, false},
		{"for several, of another", map[string]any{"aud": []string{authtest.ClientID, "x"}, "azp": "x"}, good, false},
		{"of another", map[string]any{"azp": "x"}, good, false},
		{"another issuer", map[string]any{"iss": "https://evil.example"}, good, false},
		{"expired", map[string]any{"exp": time.Now().Add(-2 * time.Minute).Unix()}, good, false},
		{"for ever", map[string]any{"exp": nil}, good, false},
		{"of nobody", map[string]any{"sub": nil}, good, false},
		{"communities of words", map[string]any{"communities": []string{"all"}}, good, false},
		{"long", map[string]any{"x": strings.Repeat("x", 32<<10)}, good, false},
		{"an access token", nil, head(map[string]any{"typ": "at+jwt"}), false},
		{"a logout token", nil, head(map[string]any{"typ": "logout+jwt"}), false},
		{"its own key", nil, head(map[string]any{"jku": stranger.JWKSURL()}), false},
		{"a stranger's key", nil, sign(authtest.ES256, stranger.PrivateKey(authtest.ES256)), false},
		{"no signature", nil, sign("none", jwt.UnsafeAllowNoneSignatureType), false},
		{"signed with the client's secret", nil, sign("HS256", []byte(authtest.ClientSecret)), false},
		{"signed with the public key", nil, sign("HS256", issuer.PublicPEM(authtest.ES256)), false},
	} {
		answer, pending := begun(t, p, issuer)
		claims := with(map[string]any{
			"iss": issuer.URL, "aud": authtest.ClientID, "sub": string(jane), "nonce": pending.Nonce,
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		}, test.claims)
		if test.claims["forgotten"] == true {
			pending.Nonce = ""
		}
		token := test.sign(claims)
		issuer.Answer(authtest.TokenPath, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"a","token_type":"Bearer","id_token":%q}`, token)
		})
		got, err := p.Finish(t.Context(), answer, pending)
		switch {
		case test.good && (err != nil || got.GUID != jane):
			t.Errorf("%s: got %v and %+v, want jane", test.name, err, got)
		case !test.good && (fault.Of(err) != fault.Unauthenticated || got.Known()):
			t.Errorf("%s: got %v and %+v, want unauthenticated", test.name, err, got)
		}
	}
	if got := stranger.Requests(authtest.KeysPath); got != 0 {
		t.Errorf("the stranger was asked for keys %d times", got)
	}
}

// A browser that signs in shows its ID token to nobody; whoever has got hold of one is refused at the API.
func TestIDTokenOfASignInIsNoAccessToken(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	issuer.SignIn(person)
	config := registered(newKeys(t), issuer)
	config.Audience = authtest.ClientID // as with issuers that know one audience only
	p, verifier := provider(t, config)
	answer, pending := begun(t, p, issuer)
	exchange := url.Values{
		"grant_type": {"authorization_code"}, "code": answer["code"], "redirect_uri": {redirect},
		"code_verifier": {pending.Verifier}, "client_id": {authtest.ClientID}, "client_secret": {authtest.ClientSecret},
	}
	got, err := http.PostForm(issuer.URL+authtest.TokenPath, exchange)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(got.Body); err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(text.String(), `"id_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	if actor, err := verifier.Verify(token); fault.Of(err) != fault.Unauthenticated || !strings.Contains(err.Error(), "no access token") {
		t.Errorf("got %+v and %v, want it refused for what it is", actor, err)
	}
}

func TestSignInAtAnIssuerInTrouble(t *testing.T) {
	t.Parallel()
	answers := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	var hits atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(canary.Close)
	for name, token := range map[string]http.HandlerFunc{
		"down":            answers(503, "down"),
		"not our secret":  answers(401, `{"error":"invalid_client","error_description":"`+authtest.ClientSecret+`"}`),
		"moved":           http.RedirectHandler(canary.URL, http.StatusTemporaryRedirect).ServeHTTP,
		"moved for ever":  http.RedirectHandler(canary.URL, http.StatusPermanentRedirect).ServeHTTP,
		"no ID token":     answers(200, `{"access_token":"a","token_type":"Bearer"}`),
		"no access token": answers(200, `{"id_token":"a"}`),
		"ID token is 7":   answers(200, `{"access_token":"a","id_token":7}`),
		"no JSON":         answers(200, `<html>`),
		"endless":         answers(200, strings.Repeat(" ", 2<<20)+`{"access_token":"a","id_token":"a"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := authtest.NewIssuer(t)
			issuer.SignIn(person)
			p, _ := provider(t, registered(newKeys(t), issuer))
			answer, pending := begun(t, p, issuer)
			issuer.Answer(authtest.TokenPath, token)
			_, err := p.Finish(t.Context(), answer, pending)
			if got, want := fault.Of(err), fault.Unavailable; got != want {
				t.Errorf("got %v (%v), want %v", got, err, want)
			}
			if strings.Contains(fmt.Sprint(err), authtest.ClientSecret) {
				t.Errorf("the log would show the secret: %v", err)
			}
			if got, want := issuer.Requests(authtest.TokenPath), 1; got != want {
				t.Errorf("the code was shown %d times, want %d", got, want)
			}
			if got := hits.Load(); got != 0 {
				t.Errorf("the secret went elsewhere %d times", got)
			}
		})
	}
}

// Who begins to sign in is a stranger: many of them make few questions, and wait for none for long.
func TestStrangersWhoSignInAskADeadIssuerSeldom(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(*authtest.Issuer){
		"down":     func(i *authtest.Issuer) { i.SetDown(true) },
		"hangs":    (*authtest.Issuer).Stall,
		"is other": func(i *authtest.Issuer) { i.DiscoverAs(map[string]any{"issuer": "https://evil.example"}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := authtest.NewIssuer(t)
			trouble(issuer)
			start := time.Now()
			p, _ := provider(t, registered(newKeys(t), issuer))
			for range 100 {
				address, _, err := p.Begin(t.Context(), redirect)
				if got, want := fault.Of(err), fault.Unavailable; got != want {
					t.Errorf("got %q and %v, want %v", address, err, want)
				}
			}
			if got, want := issuer.Requests(authtest.DiscoveryPath), 2; got != want {
				t.Errorf("the issuer was asked %d times, want %d: at the start, and for the first stranger", got, want)
			}
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("took %v, want two questions of 2 s each", took)
			}
		})
	}
}

func TestSignInEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	issuer.SignIn(person)
	p, _ := provider(t, registered(newKeys(t), issuer))
	answer, pending := begun(t, p, issuer)
	issuer.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := p.Finish(ctx, answer, pending)
	if took := time.Since(start); fault.Of(err) != fault.Unavailable || took > 8*time.Second {
		t.Errorf("got %v after %v, want unavailable when the request ends", err, took)
	}
}

func TestClientsSecretDoesNotShow(t *testing.T) {
	t.Parallel()
	client := auth.Client{ID: "cameo", Secret: "hidden-word"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "client", client)
	fmt.Fprintf(&log, "%v %+v %#v %s", client, client, client, client)
	if text := log.String(); strings.Contains(text, client.Secret) || !strings.Contains(text, client.ID) {
		t.Errorf("%s shows the secret, or not the client", text)
	}
}
