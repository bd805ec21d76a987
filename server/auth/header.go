package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const maxKeyID = 256 // bytes of a kid

// header is what a token says about itself before anything of it is verified. It chooses between the kinds of
// token that are believed, and their parsers judge it again.
type header struct {
	Alg, Kid, Typ      string
	Jku, Jwk, X5u, X5c json.RawMessage // keys, or the way to them: none of a token's business
	Crit               json.RawMessage // extensions that must be understood: we know none
}

func readHeader(token string) (header, error) {
	if strings.ContainsAny(token, "\r\n") {
		return header{}, errors.New("it has line breaks") // base64 would skip them: one token, many texts
	}
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return header{}, errors.New("its header is not base64url")
	}
	var h header
	switch err := json.Unmarshal(text, &h); {
	case err != nil:
		return header{}, errors.New("its header is not a JSON object of texts")
	case h.Jku != nil || h.Jwk != nil || h.X5u != nil || h.X5c != nil:
		return header{}, errors.New("it brings its own key")
	case h.Crit != nil:
		return header{}, errors.New("it demands extensions")
	case len(h.Kid) > maxKeyID:
		return header{}, errors.New("its key id is too long")
	}
	return h, nil
}

// isAccessToken refuses a token that says to be of another kind. An issuer signs several kinds with the same
// keys (ID tokens, logout tokens, proofs, answers of its endpoints), and each kind must be refused where
// another is wanted (RFC 8725, 3.11 and 3.12). RFC 9068 names access tokens at+jwt; most issuers still say
// JWT, or nothing, which any kind may.
func (h header) isAccessToken() error { return h.is("jwt", "at+jwt") }

// isIDToken is the same for the token that ends a sign-in. OpenID Connect gives it no name of its own.
func (h header) isIDToken() error { return h.is("jwt") }

func (h header) is(types ...string) error {
	kind := strings.TrimPrefix(strings.ToLower(h.Typ), "application/")
	if kind != "" && !slices.Contains(types, kind) {
		return fmt.Errorf("it is of another kind: %.40q", h.Typ)
	}
	return nil
}

// areAccess refuses the claims of tokens that are not for APIs. An ID token tells a client who has signed
// in, and passes through browsers and logs; whoever gets hold of one must not act for the person with it. It
// has no type that gives it away, but these claims, which access tokens do not have: nonce, at_hash and
// c_hash are an ID token's, events a logout token's.
func areAccess(c jwt.MapClaims) error {
	for _, name := range [...]string{"nonce", "at_hash", "c_hash", "events"} {
		if _, ok := c[name]; ok {
			return fmt.Errorf("it is no access token: it has a claim %s", name)
		}
	}
	return nil
}
