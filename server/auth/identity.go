package auth

import (
	"errors"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"cameo/association"
)

const (
	maxIDToken = 32 << 10 // bytes; people who are in many groups have long ones
	maxText    = 255      // bytes of a name or an address; longer ones are left out
)

// Identity is what the issuer says of a person who has signed in. It does not expire: an ID token's time is
// that in which it may be shown, and says nothing of how long a session may last.
type Identity struct {
	association.Actor

	Subject       string // the issuer's own name for the person, to which the GUID belongs
	Name          string // for people to read; "" when the issuer does not tell
	Email         string // "" when the issuer does not tell; never a proof of who somebody is
	EmailVerified bool   // whether the issuer says that Email is the person's
}

// identity judges an ID token (OpenID Connect Core 1.0, 3.1.3.7) and reads it.
func (p *Provider) identity(token, nonce string) (Identity, error) {
	if len(token) > maxIDToken {
		return Identity{}, errors.New("the ID token is too long")
	}
	h, err := readHeader(token)
	if err != nil {
		return Identity{}, err
	}
	if err := h.isIDToken(); err != nil {
		return Identity{}, err
	}
	c, err := p.tokens.claims(token)
	if err != nil {
		return Identity{}, err
	}
	if err := p.isAnswer(c, nonce); err != nil {
		return Identity{}, err
	}
	actor, err := p.tokens.mapping.actor(c, p.tokens.issuer)
	if err != nil {
		return Identity{}, err
	}
	subject, err := p.tokens.mapping.subject(c)
	if err != nil {
		return Identity{}, err
	}
	verified, _ := c["email_verified"].(bool)
	return Identity{
		Actor: actor, Subject: subject, Name: text(c, "name"), Email: text(c, "email"), EmailVerified: verified,
	}, nil
}

// isAnswer refuses a token that was made for another sign-in, or for another client too.
func (p *Provider) isAnswer(c jwt.MapClaims, nonce string) error {
	if said, _ := c["nonce"].(string); nonce == "" || !same(said, nonce) {
		return errors.New("the ID token is of another sign-in")
	}
	audience, err := c.GetAudience()
	if err != nil {
		return err
	}
	if party, ok := c["azp"]; (ok || len(audience) > 1) && party != p.client.ID {
		return errors.New("the ID token is another client's")
	}
	return nil
}

// text is a claim for people to read.
func text(c jwt.MapClaims, name string) string {
	said, _ := c[name].(string)
	if len(said) > maxText || !utf8.ValidString(said) {
		return ""
	}
	return said
}
