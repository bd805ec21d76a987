package auth

import (
	"encoding/json"
	"fmt"
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

// claims is what we read of a token, ours or an issuer's.
type claims struct {
	jwt.RegisteredClaims
	Communities communities `json:"communities"`
	Admin       communities `json:"admin"`
}

// actor is the person of whom the claims speak.
func (c *claims) actor() (association.Actor, error) {
	guid, err := association.ParseGUID(c.Subject)
	if err != nil {
		return association.Actor{}, err
	}
	return association.Actor{
		GUID: guid, Communities: c.Communities, Admin: c.Admin, Expires: storage.At(c.ExpiresAt.Time),
	}, nil
}

// communities is an array of community keys: numbers when written; numbers or strings of digits when read.
type communities []storage.Community

// MarshalJSON writes an array even when there is none.
func (cs communities) MarshalJSON() ([]byte, error) {
	if cs == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]storage.Community(cs))
}

// UnmarshalJSON refuses what is no community key.
func (cs *communities) UnmarshalJSON(text []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return fmt.Errorf("want an array of community keys: %w", err)
	}
	for _, one := range raw {
		digits := string(one)
		if digits[0] == '"' {
			if err := json.Unmarshal(one, &digits); err != nil {
				return fmt.Errorf("want a community key: %w", err)
			}
		}
		c, err := storage.ParseCommunity(digits)
		if err != nil {
			return fmt.Errorf("want a community key: %w", err)
		}
		*cs = append(*cs, c)
	}
	return nil
}
