// Package authtest is a small identity provider for tests, on loopback: keys of three kinds, their JWKS,
// tokens as right or as forged as a test wants them, and sign-in with OpenID Connect's authorization code
// flow.
package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Audience is the aud of the issuer's tokens.
const Audience = "https://cameo.test"

// The algorithms of the issuer's keys.
const (
	RS256 = "RS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

// Issuer signs tokens and publishes its keys. It may be used by many goroutines.
type Issuer struct {
	URL string // its iss

	t       testing.TB
	mux     *http.ServeMux
	trouble trouble

	mu      sync.Mutex
	round   int                      // of key rotation, part of each key id
	private map[string]crypto.Signer // by algorithm
	person  map[string]any           // who signs in: claims; nil: nobody
	grants  map[string]grant         // by code
}

// NewIssuer starts an issuer that lives as long as the test.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{t: t, mux: http.NewServeMux(), grants: map[string]grant{}}
	i.trouble.answers = map[string]http.HandlerFunc{}
	i.trouble.asked = map[string]int{}
	i.Rotate()
	i.mux.HandleFunc("GET "+KeysPath, i.serveKeys)
	i.mux.HandleFunc("GET "+DiscoveryPath, i.serveDiscovery)
	i.mux.HandleFunc("GET "+AuthorizePath, i.serveAuthorize)
	i.mux.HandleFunc("POST "+TokenPath, i.serveToken)
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	t.Cleanup(i.Resume) // first of all: a handler that is stalled would keep the server from closing
	i.URL = server.URL
	return i
}

// JWKSURL is where the keys are published.
func (i *Issuer) JWKSURL() string { return i.URL + KeysPath }

// Rotate throws the keys away and makes new ones under new ids.
func (i *Issuer) Rotate() {
	i.t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		i.t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.round++
	i.private = map[string]crypto.Signer{RS256: rsaKey, ES256: ecKey, EdDSA: edKey}
}

// KeyID is the kid of the present key of an algorithm.
func (i *Issuer) KeyID(alg string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keyID(alg)
}

func (i *Issuer) keyID(alg string) string { return fmt.Sprintf("%s-%d", alg, i.round) }

// PrivateKey is the present key of an algorithm.
func (i *Issuer) PrivateKey(alg string) crypto.Signer {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.private[alg]
}

// PublicPEM is the public half of that key as every stranger can have it.
func (i *Issuer) PublicPEM(alg string) []byte {
	i.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(i.PrivateKey(alg).Public())
	if err != nil {
		i.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Claims is what a good token for subject says, valid from now for an hour. The arrays hold community keys.
func (i *Issuer) Claims(subject string, communities, admin []int64) map[string]any {
	now := time.Now()
	return map[string]any{
		"iss": i.URL, "aud": Audience, "sub": subject,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"communities": communities, "admin": admin,
	}
}

// Token signs claims as the issuer does.
func (i *Issuer) Token(alg string, claims map[string]any) string {
	i.t.Helper()
	return i.Forge(alg, nil, claims, i.PrivateKey(alg))
}

// Forge signs claims by alg with any key, a []byte for HS256, and jwt.UnsafeAllowNoneSignatureType for none.
// The header is that of a good token with the members of header put over it; a nil member is left out.
func (i *Issuer) Forge(alg string, header, claims map[string]any, key any) string {
	i.t.Helper()
	token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), jwt.MapClaims(claims))
	token.Header["kid"] = i.KeyID(alg)
	maps.Copy(token.Header, header)
	maps.DeleteFunc(token.Header, func(_ string, v any) bool { return v == nil })
	text, err := token.SignedString(key)
	if err != nil {
		i.t.Fatal(err)
	}
	return text
}

func (i *Issuer) serveKeys(w http.ResponseWriter, _ *http.Request) {
	i.answer(w, http.StatusOK, map[string]any{"keys": i.keys()})
}

func (i *Issuer) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		i.t.Logf("an answer was not sent: %v", err) // whoever asked may have gone
	}
}

// keys are the public keys as JWKs (RFC 7517, 7518, 8037).
func (i *Issuer) keys() []map[string]string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var keys []map[string]string
	for _, alg := range []string{RS256, ES256, EdDSA} {
		jwk := map[string]string{"use": "sig", "alg": alg, "kid": i.keyID(alg)}
		switch public := i.private[alg].Public().(type) {
		case *rsa.PublicKey:
			jwk["kty"], jwk["n"] = "RSA", encode(public.N.Bytes())
			jwk["e"] = encode(big.NewInt(int64(public.E)).Bytes())
		case *ecdsa.PublicKey:
			point, err := public.Bytes() // 4, then x and y of 32 bytes each
			if err != nil {
				i.t.Errorf("a key cannot be published: %v", err)
				continue
			}
			jwk["kty"], jwk["crv"], jwk["x"], jwk["y"] = "EC", "P-256", encode(point[1:33]), encode(point[33:])
		case ed25519.PublicKey:
			jwk["kty"], jwk["crv"], jwk["x"] = "OKP", "Ed25519", encode(public)
		}
		keys = append(keys, jwk)
	}
	return keys
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
