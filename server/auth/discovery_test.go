package auth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/auth"
	"cameo/server/auth/authtest"
)

// discovered is a configuration that knows the issuer by its name alone.
func discovered(keys auth.Keys, issuer *authtest.Issuer) auth.Config {
	c := configured(keys, issuer)
	c.JWKSURL = ""
	return c
}

func TestIssuersKeysAreDiscovered(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	verifier, err := auth.NewVerifier(t.Context(), discovered(newKeys(t), issuer))
	if err != nil {
		t.Fatal(err)
	}
	claims := issuer.Claims(string(jane), nil, nil)
	if _, err := verifier.Verify(issuer.Token(authtest.RS256, claims)); err != nil {
		t.Error(err)
	}
	// The issuer makes new keys and publishes them at another host.
	elsewhere := httptest.NewServer(issuer)
	t.Cleanup(elsewhere.Close)
	issuer.Rotate()
	issuer.DiscoverAs(map[string]any{"jwks_uri": elsewhere.URL + authtest.KeysPath})
	for _, alg := range []string{authtest.RS256, authtest.ES256, authtest.EdDSA} {
		if _, err := verifier.Verify(issuer.Token(alg, claims)); err != nil {
			t.Errorf("%s after the move: %v", alg, err)
		}
	}
	for path, want := range map[string]int{authtest.DiscoveryPath: 2, authtest.KeysPath: 2} {
		if got := issuer.Requests(path); got != want {
			t.Errorf("%s was asked for %d times, want %d", path, got, want)
		}
	}
}

// An issuer whose name ends with a slash, as Auth0's, has its document where the others have theirs.
func TestIssuersNameMayEndWithASlash(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	name := issuer.URL + "/"
	issuer.DiscoverAs(map[string]any{"issuer": name})
	config := discovered(newKeys(t), issuer)
	config.Issuer = name
	verifier, err := auth.NewVerifier(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	claims := issuer.Claims(string(jane), nil, nil)
	if _, err := verifier.Verify(issuer.Token(authtest.ES256, with(claims, map[string]any{"iss": name}))); err != nil {
		t.Error(err)
	}
	if _, err := verifier.Verify(issuer.Token(authtest.ES256, claims)); err == nil {
		t.Error("a token of the name without the slash is believed")
	}
}

// A document that is not the issuer's, or not a good one, leads nowhere: nobody is believed by keys from it,
// and nobody else is asked.
func TestWrongDiscoveryIsNotBelieved(t *testing.T) {
	t.Parallel()
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, wrong := range map[string]func(i *authtest.Issuer, canary string){
		"another issuer":   func(i *authtest.Issuer, c string) { i.DiscoverAs(map[string]any{"issuer": c, "jwks_uri": c}) },
		"a slash too much": func(i *authtest.Issuer, c string) { i.DiscoverAs(map[string]any{"issuer": i.URL + "/", "jwks_uri": c}) },
		"no issuer":        func(i *authtest.Issuer, c string) { i.DiscoverAs(map[string]any{"issuer": nil, "jwks_uri": c}) },
		"no keys":          func(i *authtest.Issuer, _ string) { i.DiscoverAs(map[string]any{"jwks_uri": nil}) },
		"keys in a file":   func(i *authtest.Issuer, _ string) { i.DiscoverAs(map[string]any{"jwks_uri": "file:///etc/hostname"}) },
		"keys by a password": func(i *authtest.Issuer, c string) {
			i.DiscoverAs(map[string]any{"jwks_uri": "http://a:b@" + c[len("http://"):]})
		},
		"keys are a number": func(i *authtest.Issuer, _ string) { i.DiscoverAs(map[string]any{"jwks_uri": 7}) },
		"endpoint is a script": func(i *authtest.Issuer, _ string) {
			i.DiscoverAs(map[string]any{"token_endpoint": "javascript:alert(1)"})
		},
		"moved": func(i *authtest.Issuer, c string) {
			i.Answer(authtest.DiscoveryPath, http.RedirectHandler(c, http.StatusFound).ServeHTTP)
		},
		"keys moved": func(i *authtest.Issuer, c string) {
			i.Answer(authtest.KeysPath, http.RedirectHandler(c, http.StatusFound).ServeHTTP)
		},
		"keys moved for ever": func(i *authtest.Issuer, c string) {
			i.Answer(authtest.KeysPath, http.RedirectHandler(c, http.StatusPermanentRedirect).ServeHTTP)
		},
		"not there": func(i *authtest.Issuer, _ string) { i.Answer(authtest.DiscoveryPath, text(404, "{}")) },
		"no JSON":   func(i *authtest.Issuer, _ string) { i.Answer(authtest.DiscoveryPath, text(200, "<html>")) },
		"a list":    func(i *authtest.Issuer, _ string) { i.Answer(authtest.DiscoveryPath, text(200, "[]")) },
		"too much": func(i *authtest.Issuer, _ string) {
			i.Answer(authtest.DiscoveryPath, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, strings.Repeat(" ", 1<<21))
				_ = json.NewEncoder(w).Encode(i.Discovery()) // nobody may be there any more to read it
			})
		},
		"endless head": func(i *authtest.Issuer, _ string) {
			i.Answer(authtest.DiscoveryPath, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X", strings.Repeat("x", 1<<20))
				fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, i.URL, i.JWKSURL())
			})
		},
		"too many keys": func(i *authtest.Issuer, _ string) {
			i.Answer(authtest.KeysPath, text(200, strings.Repeat(" ", 1<<21)+`{"keys":[]}`))
		},
		"no key":             func(i *authtest.Issuer, _ string) { i.Answer(authtest.KeysPath, text(200, `{"keys":[]}`)) },
		"keys are an error":  func(i *authtest.Issuer, _ string) { i.Answer(authtest.KeysPath, text(200, `{"error":"later"}`)) },
		"keys are no JSON":   func(i *authtest.Issuer, _ string) { i.Answer(authtest.KeysPath, text(200, "<html>")) },
		"everything is down": func(i *authtest.Issuer, _ string) { i.SetDown(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := authtest.NewIssuer(t)
			var hits atomic.Int64 // of one who would gladly give the issuer's keys
			canary := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				issuer.ServeHTTP(w, r)
			}))
			t.Cleanup(canary.Close)
			wrong(issuer, canary.URL+authtest.KeysPath)
			var failures atomic.Int64
			config := discovered(newKeys(t), issuer)
			config.FetchFailed = func(error) { failures.Add(1) }
			verifier, err := auth.NewVerifier(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			for _, header := range []map[string]any{nil, {"kid": nil}, {"kid": "other"}} {
				for range 20 {
					token := issuer.Forge(authtest.ES256, header, issuer.Claims(string(jane), nil, nil), issuer.PrivateKey(authtest.ES256))
					if _, err := verifier.Verify(token); err == nil {
						t.Error("a token is believed")
					}
				}
			}
			if got := hits.Load(); got != 0 {
				t.Errorf("the canary was asked %d times", got)
			}
			// At the start, and for the first of the tokens.
			if got, want := issuer.Requests(authtest.DiscoveryPath), 2; got != want {
				t.Errorf("the issuer was asked who it is %d times, want %d", got, want)
			}
			if got, want := failures.Load(), int64(2); got != want {
				t.Errorf("%d failures were told, want %d", got, want)
			}
		})
	}
}

func TestDiscoveryThatFailsAtTheStartIsTriedAgain(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	issuer.SetDown(true)
	verifier, err := auth.NewVerifier(t.Context(), discovered(newKeys(t), issuer))
	if err != nil {
		t.Fatal(err)
	}
	issuer.SetDown(false)
	if _, err := verifier.Verify(issuer.Token(authtest.RS256, issuer.Claims(string(jane), nil, nil))); err != nil {
		t.Error(err)
	}
}

func TestDiscoveryThatHangsHoldsNobodyLong(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	issuer.Stall()
	start := time.Now()
	verifier, err := auth.NewVerifier(t.Context(), discovered(newKeys(t), issuer))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := verifier.Verify(issuer.Token(authtest.RS256, issuer.Claims(string(jane), nil, nil))); err == nil {
			t.Error("a token is believed")
		}
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("took %v, want two questions of 2 s each", took)
	}
}

// A fetch that brings nothing usable leaves the keys that are known; a secret that an issuer publishes by
// mistake is no key.
func TestKnownKeysOutliveAnIssuersMistakes(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no key":     `{"keys":[]}`,
		"an error":   `{"error":"later"}`,
		"no JSON":    `<html>`,
		"bad keys":   `{"keys":[{"kty":"RSA","kid":"a","n":"!","e":"AQAB"},{"kty":"EC","crv":"P-256","kid":"b","x":"AA","y":"AA"}]}`,
		"a secret":   `{"keys":[{"kty":"oct","alg":"HS256","kid":"a","k":"c2VjcmV0"}]}`,
		"a new kind": `{"keys":[{"kty":"AKP","alg":"ML-DSA-44","kid":"a","pub":"AA"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := authtest.NewIssuer(t)
			verifier, err := auth.NewVerifier(t.Context(), discovered(newKeys(t), issuer))
			if err != nil {
				t.Fatal(err)
			}
			issuer.Answer(authtest.KeysPath, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
			claims := issuer.Claims(string(jane), nil, nil)
			for alg, key := range map[string]any{"HS256": []byte("secret"), authtest.ES256: authtest.NewIssuer(t).PrivateKey(authtest.ES256)} {
				if _, err := verifier.Verify(issuer.Forge(alg, map[string]any{"kid": "a"}, claims, key)); err == nil {
					t.Errorf("a token by %s under the issuer's new key is believed", alg)
				}
			}
			if got, want := issuer.Requests(authtest.KeysPath), 2; got != want {
				t.Errorf("the keys were fetched %d times, want %d", got, want)
			}
			if _, err := verifier.Verify(issuer.Token(authtest.ES256, claims)); err != nil {
				t.Errorf("a token under a known key: %v", err)
			}
		})
	}
}
