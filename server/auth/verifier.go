package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

const (
	maxToken = 8 << 10 // bytes; more is refused unread
	maxKeyID = 256     // bytes of a kid
	leeway   = time.Minute
)

// Config says whose tokens are believed.
type Config struct {
	Keys        Keys // the instance's own
	LocalTokens bool // whether tokens signed with Keys are believed
	Issuer      string
	Audience    string
	JWKSURL     string          // where the Issuer publishes its keys; all three or none
	FetchFailed func(err error) // told when JWKSURL could not be fetched; nil: nobody is
	Clock       storage.Clock
}

// DefaultConfig believes the instance's own tokens only.
func DefaultConfig(keys Keys, clock storage.Clock) Config {
	return Config{Keys: keys, LocalTokens: true, Clock: clock}
}

// Validate says which setting makes no sense.
func (c Config) Validate() error {
	if c.Issuer == "" && c.Audience == "" && c.JWKSURL == "" {
		if !c.LocalTokens {
			return errors.New("nobody could sign in: give --jwt-issuer, or accept local tokens")
		}
		return nil
	}
	if c.Issuer == "" || c.Audience == "" || c.JWKSURL == "" {
		return errors.New("--jwt-issuer, --jwt-audience and --jwks-url go together: give all three or none")
	}
	u, err := url.Parse(c.JWKSURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("--jwks-url: want a URL such as https://issuer.example/.well-known/jwks.json")
	}
	if c.LocalTokens && c.Issuer == c.Keys.Issuer() {
		return errors.New("--jwt-issuer: this is the name under which the instance signs its own tokens")
	}
	return nil
}

// Verifier decides whether a token is believed. It may be used by many goroutines.
type Verifier struct {
	local, remote *trust // nil: such tokens are refused
	believed      *believed
}

// trust is one kind of token: what it must say, and with which key it must be signed. The kinds share no
// algorithm, so a public key can never be taken for a secret.
type trust struct {
	parser *jwt.Parser
	key    jwt.Keyfunc
}

// NewVerifier begins to believe what c says. With a JWKSURL its keys are fetched, now and until ctx ends; an
// issuer that does not answer delays the start by two seconds at most and is asked again later.
func NewVerifier(ctx context.Context, c Config) (*Verifier, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	v := &Verifier{believed: newBelieved(c.Clock)}
	if c.LocalTokens {
		secret := c.Keys.Signing
		v.local = &trust{
			parser: parser(c.Clock, c.Keys.Issuer(), Audience, jwt.SigningMethodHS256.Alg()),
			key:    func(*jwt.Token) (any, error) { return secret, nil },
		}
	}
	if c.JWKSURL == "" {
		return v, nil
	}
	failed := c.FetchFailed
	if failed == nil {
		failed = func(error) {}
	}
	keys, err := newIssuerKeys(ctx, c.JWKSURL, failed)
	if err != nil {
		return nil, err
	}
	v.remote = &trust{
		parser: parser(c.Clock, c.Issuer, c.Audience, jwt.SigningMethodRS256.Alg(),
			jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg()),
		key: keys.Keyfunc,
	}
	return v, nil
}

func parser(clock storage.Clock, issuer, audience string, methods ...string) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(methods), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithLeeway(leeway), jwt.WithStrictDecoding(),
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
	t, err := v.route(token)
	if err != nil {
		return association.Actor{}, notBelieved(err)
	}
	var c claims
	if _, err := t.parser.ParseWithClaims(token, &c, t.key); err != nil {
		return association.Actor{}, notBelieved(err)
	}
	actor, err := c.actor()
	if err != nil {
		return association.Actor{}, notBelieved(err)
	}
	v.believed.add(sum, actor, storage.At(c.ExpiresAt.Add(leeway)))
	return actor, nil
}

// route looks at a token's header alone, to see which kind it claims to be. Its parser judges that again.
func (v *Verifier) route(token string) (*trust, error) {
	if strings.ContainsAny(token, "\r\n") {
		return nil, errors.New("it has line breaks") // base64 would skip them: one token, many texts
	}
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return nil, errors.New("its header is not base64url")
	}
	var header struct {
		Alg, Kid           string
		Jku, Jwk, X5u, X5c json.RawMessage // keys, or the way to them: none of a token's business
		Crit               json.RawMessage // extensions that must be understood: we know none
	}
	if err := json.Unmarshal(text, &header); err != nil {
		return nil, errors.New("its header is not a JSON object")
	}
	if header.Jku != nil || header.Jwk != nil || header.X5u != nil || header.X5c != nil {
		return nil, errors.New("it brings its own key")
	}
	trusted := v.remote
	if header.Alg == jwt.SigningMethodHS256.Alg() {
		trusted = v.local
	}
	switch {
	case header.Crit != nil:
		return nil, errors.New("it demands extensions")
	case len(header.Kid) > maxKeyID:
		return nil, errors.New("its key id is too long")
	case trusted == nil:
		return nil, errors.New("nobody who signs in this way is believed")
	}
	return trusted, nil
}

func notBelieved(cause error) error {
	return fault.Wrap(cause, fault.Unauthenticated, "the bearer token is not valid")
}
