package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

const (
	maxToken = 8 << 10 // bytes; more is refused unread
	leeway   = time.Minute
)

// Config says whose tokens are believed.
type Config struct {
	Keys        Keys // the instance's own
	LocalTokens bool // whether tokens signed with Keys are believed
	Issuer      string
	Audience    string          // for whom the Issuer's access tokens are; "": none of them is believed
	JWKSURL     string          // where the Issuer publishes its keys; "": where its discovery document says
	Mapping     Mapping         // how the Issuer's tokens are read
	Client      Client          // as whom people are sent to the Issuer to sign in
	FetchFailed func(err error) // told when the Issuer could not be asked; nil: nobody is
	Clock       storage.Clock
}

// DefaultConfig believes the instance's own tokens only.
func DefaultConfig(keys Keys, clock storage.Clock) Config {
	return Config{Keys: keys, LocalTokens: true, Mapping: DefaultMapping(), Clock: clock}
}

// Validate says which setting makes no sense.
func (c Config) Validate() error {
	switch {
	case c.Issuer == "" && (c.Audience != "" || c.JWKSURL != "" || c.Client.ID != ""):
		return errors.New("--jwt-audience, --jwks-url and --oidc-client-id want --jwt-issuer with them")
	case c.Issuer == "" && !c.LocalTokens:
		return errors.New("nobody could sign in: give --jwt-issuer, or accept local tokens")
	case c.Issuer == "":
		return nil
	case c.Audience == "" && c.Client.ID == "":
		return errors.New("--jwt-issuer: want --jwt-audience, --oidc-client-id or both with it")
	case c.JWKSURL != "" && !isWeb(c.JWKSURL):
		return errors.New("--jwks-url: want a URL such as https://issuer.example/.well-known/jwks.json")
	case (c.JWKSURL == "" || c.Client.ID != "") && !isWeb(c.Issuer):
		return errors.New("--jwt-issuer: want the URL below which it has its discovery document, or --jwks-url")
	case c.LocalTokens && c.Issuer == c.Keys.Issuer():
		return errors.New("--jwt-issuer: this is the name under which the instance signs its own tokens")
	}
	return errors.Join(c.Mapping.Validate(), c.Client.Validate())
}

func isWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Verifier decides whether a token is believed. It may be used by many goroutines.
type Verifier struct {
	config        Config
	local, remote *trust // nil: such tokens are refused
	believed      *believed

	issuer *issuer     // nil: there is none
	keys   jwt.Keyfunc // the issuer's
}

// trust is one kind of token: what it must say, with which key it must be signed, and how it is read. The
// kinds share no algorithm, so a public key can never be taken for a secret.
type trust struct {
	parser  *jwt.Parser
	key     jwt.Keyfunc
	mapping Mapping
	issuer  string // "": the instance itself
}

// NewVerifier begins to believe what c says. The keys of an Issuer are fetched, now and until ctx ends; one
// that does not answer delays the start by two seconds at most and is asked again later.
func NewVerifier(ctx context.Context, c Config) (*Verifier, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	v := &Verifier{config: c, believed: newBelieved(c.Clock)}
	if c.LocalTokens {
		secret := c.Keys.Signing
		v.local = &trust{
			parser:  parser(c.Clock, c.Keys.Issuer(), Audience, jwt.SigningMethodHS256.Alg()),
			key:     func(*jwt.Token) (any, error) { return secret, nil },
			mapping: DefaultMapping(),
		}
	}
	if c.Issuer == "" {
		return v, nil
	}
	failed := c.FetchFailed
	if failed == nil {
		failed = func(error) {}
	}
	var err error
	v.issuer = newIssuer(c.Issuer, c.Clock)
	if v.keys, err = newIssuerKeys(ctx, v.issuer, c.JWKSURL, failed); err != nil {
		return nil, err
	}
	if c.Audience != "" {
		v.remote = v.trusted(c.Audience)
	}
	return v, nil
}

// trusted is the issuer's tokens for an audience.
func (v *Verifier) trusted(audience string) *trust {
	return &trust{
		parser: parser(v.config.Clock, v.config.Issuer, audience, jwt.SigningMethodRS256.Alg(),
			jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg()),
		key: v.keys, mapping: v.config.Mapping, issuer: v.config.Issuer,
	}
}

func parser(clock storage.Clock, issuer, audience string, methods ...string) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(methods), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithLeeway(leeway), jwt.WithStrictDecoding(), jwt.WithJSONNumber(),
		jwt.WithTimeFunc(func() time.Time { return clock().Time() }),
	)
}

// Verify returns the person of whom token speaks, for reading only. Whatever is wrong with it, the answer is
// Unauthenticated with the same sentence; the cause is for the log and holds no part of the token's
// signature. What was verified in the last seconds is not verified again before it expires.
func (v *Verifier) Verify(token string) (association.Actor, error) {
	if len(token) > maxToken {
		return association.Actor{}, notBelieved(errors.New("it is too long"))
	}
	sum := sha256.Sum256([]byte(token))
	if actor, ok := v.believed.actor(sum); ok {
		return actor, nil
	}
	actor, err := v.verify(token)
	if err != nil {
		return association.Actor{}, notBelieved(err)
	}
	v.believed.add(sum, actor, actor.Expires)
	return actor, nil
}

// verify judges an access token.
func (v *Verifier) verify(token string) (association.Actor, error) {
	h, err := readHeader(token)
	if err != nil {
		return association.Actor{}, err
	}
	if err := h.isAccessToken(); err != nil {
		return association.Actor{}, err
	}
	t := v.remote
	if h.Alg == jwt.SigningMethodHS256.Alg() {
		t = v.local
	}
	if t == nil {
		return association.Actor{}, errors.New("nobody who signs in this way is believed")
	}
	c, err := t.claims(token)
	if err != nil {
		return association.Actor{}, err
	}
	if err := areAccess(c); err != nil {
		return association.Actor{}, err
	}
	actor, err := t.mapping.actor(c, t.issuer)
	if err != nil {
		return association.Actor{}, err
	}
	expiry, err := c.GetExpirationTime()
	if err != nil {
		return association.Actor{}, err
	}
	actor.Expires = storage.At(expiry.Add(leeway))
	return actor, nil
}

// claims are what a token says that is signed, in force, and for us.
func (t *trust) claims(token string) (jwt.MapClaims, error) {
	c := jwt.MapClaims{}
	if _, err := t.parser.ParseWithClaims(token, c, t.key); err != nil {
		return nil, err
	}
	return c, nil
}

func notBelieved(cause error) error {
	return fault.Wrap(cause, fault.Unauthenticated, "the bearer token is not valid")
}
