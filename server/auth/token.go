package auth

import (
	"encoding/json"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// Audience is the aud of the instance's own tokens.
const Audience = "cameo"

// tokenIDLength is how many base62 characters a token's jti has: 131 bits.
const tokenIDLength = 22

// Claims is what a token of ours says about its bearer.
type Claims struct {
	Subject     association.GUID
	Communities []storage.Community
	Admin       []storage.Community
	For         time.Duration // until it expires; at least a second
}

// Token signs c with the instance's key.
func (k Keys) Token(c Claims) (string, error) {
	if _, err := association.ParseGUID(string(c.Subject)); err != nil {
		return "", err
	}
	if c.For < time.Second {
		return "", fault.New(fault.Invalid, "a token must be valid for at least a second")
	}
	id, err := storage.DrawBase62(k.random, tokenIDLength)
	if err != nil {
		return "", err
	}
	now := k.clock()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": k.Issuer(), "aud": Audience, "sub": c.Subject, "jti": id,
		"iat": now.Time().Unix(), "exp": now.Add(c.For).Time().Unix(),
		"communities": communities(c.Communities), "admin": communities(c.Admin),
	})
	text, err := token.SignedString(k.Signing)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "the token cannot be signed")
	}
	return text, nil
}

// communities is an array of community keys, written as numbers.
type communities []storage.Community

// MarshalJSON writes an array even when there is none.
func (cs communities) MarshalJSON() ([]byte, error) {
	if cs == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]storage.Community(cs))
}
