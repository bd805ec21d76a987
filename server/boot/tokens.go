package boot

import (
	"context"
	"errors"
	"os"
	"time"

	"cameo/association"
	"cameo/association/directory"
	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
)

// newVerifier believes the instance's own tokens and, if one is configured, an issuer's. Keys are fetched
// until ctx ends; failed is told when they could not be.
func (c Config) newVerifier(
	ctx context.Context, keys auth.Keys, m Machine, failed func(error),
) (*auth.Verifier, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	cfg := auth.DefaultConfig(keys, m.Clock)
	cfg.Issuer, cfg.Audience, cfg.JWKSURL = c.JWTIssuer, c.JWTAudience, string(c.JWKSURL)
	cfg.Mapping, cfg.Client, cfg.FetchFailed = c.mapping(), client, failed
	v, err := auth.NewVerifier(ctx, cfg)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%v", err)
	}
	return v, nil
}

// checkIssuer asks the issuer for its keys, once.
func (c Config) checkIssuer(ctx context.Context, keys auth.Keys, m Machine) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	_, err := c.newVerifier(ctx, keys, m, func(err error) { failed = err })
	return errors.Join(err, failed)
}

// newAuth believes the tokens of v and the sessions of people, where they come from pages of ours or of
// friends.
func (c Config) newAuth(keys auth.Keys, v *auth.Verifier, people auth.People) (*auth.Auth, error) {
	guard, err := auth.NewGuard(keys, c.origins())
	if err != nil {
		return nil, err
	}
	return auth.New(v, people, guard), nil
}

// origins are those whose pages may act for the people who use them.
func (c Config) origins() (o auth.Origins) {
	for _, one := range c.PublicURL {
		o.Public = append(o.Public, string(one))
	}
	for _, one := range c.CORSOrigin {
		o.Allowed = append(o.Allowed, string(one))
	}
	return o
}

// Grant says for whom a token is made.
type Grant struct {
	Community string // in digits
	User      string // a GUID
	Admin     bool   // of the community
	For       time.Duration
}

// Token signs a bearer token with the instance's key, which is made if there is none yet. No server need run,
// but a data directory that would hold the key must be there: it is Invalid otherwise.
func Token(s Stores, g Grant, m Machine) (string, error) {
	c, person, err := s.who(g.Community, g.User)
	if err != nil {
		return "", err
	}
	if s.Keys == "" {
		if err := s.exists(); err != nil {
			return "", err
		}
	}
	keys, err := auth.LoadOrCreateKeys(s.keysFile(), m.Random, m.Clock)
	if err != nil {
		return "", err
	}
	claims := auth.Claims{Subject: person, Communities: []storage.Community{c}, For: g.For}
	if g.Admin {
		claims.Admin = claims.Communities
	}
	return keys.Token(claims)
}

// KnowsCommunity is false if the deployment is there and can be asked, and has no community of that number.
func KnowsCommunity(ctx context.Context, s Stores, community string, m Machine) bool {
	c, err := parseCommunity(community)
	if err != nil || c == firstCommunity {
		return true
	}
	if _, err := os.Stat(s.databaseFile()); err != nil && s.Database == "" {
		return true
	}
	err = administer(ctx, s, m, func(d *directory.Directory) error {
		_, err := d.Community(ctx, c)
		return err
	})
	return !fault.Is(err, fault.NotFound)
}

// who reads a person's two names as flags give them.
func (s Stores) who(community, user string) (storage.Community, association.GUID, error) {
	if err := s.Check(); err != nil {
		return 0, "", err
	}
	c, err := parseCommunity(community)
	if err != nil {
		return 0, "", err
	}
	person, err := association.ParseGUID(user)
	if err != nil {
		return 0, "", wrong("user", err.Error())
	}
	return c, person, nil
}

// CheckPerson refuses the value of a flag that is no GUID. The error is Invalid.
func CheckPerson(flag, text string) error {
	if _, err := association.ParseGUID(text); err != nil {
		return wrong(flag, err.Error())
	}
	return nil
}

// parseCommunity calls a wrong number Invalid: here it is a mistake in a command, not a community that is not
// there.
func parseCommunity(text string) (storage.Community, error) {
	c, err := storage.ParseCommunity(text)
	if err != nil {
		return 0, fault.New(fault.Invalid, "%s: want a community's number such as 1", text)
	}
	return c, nil
}
