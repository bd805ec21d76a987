package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"cameo/storage"
	"cameo/storage/fault"
)

// How long a person may take to sign in, and how long the issuer may take to say who it was.
const (
	signInLimit   = 10 * time.Minute
	exchangeLimit = 10 * time.Second
)

// secretBytes is how many random bytes a state, a nonce and a code verifier have.
const secretBytes = 32

// Client is what the issuer knows this service as.
type Client struct {
	ID     string   // "": nobody is sent to the issuer
	Secret string   // "": a public client, which PKCE alone protects
	Scopes []string // what is asked for; openid is among them
}

// Validate says what is missing.
func (c Client) Validate() error {
	if c.ID != "" && !slices.Contains(c.Scopes, "openid") {
		return errors.New("--oidc-scopes: want openid among them")
	}
	return nil
}

// String names the client without its secret.
func (c Client) String() string { return "client " + c.ID }

// GoString keeps it from %#v.
func (c Client) GoString() string { return c.String() }

// LogValue keeps it out of the log.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Provider lets people sign in at the issuer: OpenID Connect's authorization code flow with PKCE. It knows no
// sessions and no pages. It may be used by many goroutines.
type Provider struct {
	issuer *issuer
	client Client
	tokens *trust // ID tokens
	clock  storage.Clock
	random io.Reader
}

// NewProvider returns the provider of v's issuer, or nil if v has no Client for it. Random is crypto/rand's
// Reader outside of tests.
func NewProvider(v *Verifier, random io.Reader) *Provider {
	client := v.config.Client
	if client.ID == "" {
		return nil
	}
	return &Provider{
		issuer: v.issuer, client: client, tokens: v.trusted(client.ID), clock: v.config.Clock, random: random,
	}
}

// Pending is a sign-in that has begun. It belongs to the browser that began it: kept where that browser alone
// can bring it back and nobody can read it, and thrown away at the first answer, whatever it is.
type Pending struct {
	State    string         `json:"state"`    // comes back with the answer
	Nonce    string         `json:"nonce"`    // comes back in the ID token
	Verifier string         `json:"verifier"` // of PKCE; goes to the issuer with the code
	Redirect string         `json:"redirect"` // the URL to which the issuer sends the browser back
	Until    storage.Millis `json:"until"`    // after which the answer is too late
}

// Begin returns the URL of the issuer to which the browser goes, and what must be kept until it comes back to
// redirect, a URL of ours that the issuer knows. An issuer that does not answer is Unavailable.
func (p *Provider) Begin(ctx context.Context, redirect string) (string, Pending, error) {
	said, err := p.metadata(ctx)
	if err != nil {
		return "", Pending{}, err
	}
	secrets := make([]byte, 3*secretBytes)
	if _, err := io.ReadFull(p.random, secrets); err != nil {
		return "", Pending{}, fault.Wrap(err, fault.Internal, "no randomness")
	}
	text := func(n int) string {
		return base64.RawURLEncoding.EncodeToString(secrets[n*secretBytes : (n+1)*secretBytes])
	}
	pending := Pending{
		State: text(0), Nonce: text(1), Verifier: text(2), Redirect: redirect, Until: p.clock().Add(signInLimit),
	}
	return p.config(said, redirect).AuthCodeURL(pending.State,
		oauth2.SetAuthURLParam("nonce", pending.Nonce), oauth2.S256ChallengeOption(pending.Verifier),
	), pending, nil
}

// Finish returns who has signed in. Answer is the query with which the browser came to the redirect URL.
// What is not the answer to this very sign-in is Unauthenticated, as is one that the person or the issuer
// broke off; an issuer that does not answer, or not us, is Unavailable.
func (p *Provider) Finish(ctx context.Context, answer url.Values, pending Pending) (Identity, error) {
	said, err := p.metadata(ctx)
	if err != nil {
		return Identity{}, err
	}
	if err := p.answers(answer, pending, said); err != nil {
		return Identity{}, err
	}
	token, err := p.exchange(ctx, said, answer.Get("code"), pending)
	if err != nil {
		return Identity{}, err
	}
	who, err := p.identity(token, pending.Nonce)
	if err != nil {
		return Identity{}, notSignedIn(err)
	}
	return who, nil
}

// answers refuses what does not belong to the sign-in. Order: the state first, since nothing else of an
// answer that somebody else has made up counts, not even an error.
func (p *Provider) answers(answer url.Values, pending Pending, said metadata) error {
	switch {
	case pending.State == "" || len(answer["state"]) != 1 || !same(answer.Get("state"), pending.State):
		return notSignedIn(errors.New("it is the answer to another sign-in, or to none"))
	case p.clock() >= pending.Until:
		return notSignedIn(errors.New("it took too long")).Because("expired")
	case answer.Has("iss") || said.NamesItself:
		// RFC 9207: another issuer's answer must not make us bring its code to this one.
		if len(answer["iss"]) != 1 || answer.Get("iss") != p.issuer.name {
			return notSignedIn(errors.New("it is another issuer's answer"))
		}
	}
	switch answer.Get("error") {
	case "":
	case "server_error", "temporarily_unavailable":
		return noProvider(fmt.Errorf("it answers %q", answer.Get("error")))
	case "access_denied":
		return notSignedIn(errors.New("it was denied")).Because("access_denied")
	default:
		return notSignedIn(fmt.Errorf("the issuer answers %.100q", answer.Get("error")))
	}
	if len(answer["code"]) != 1 || answer.Get("code") == "" {
		return notSignedIn(errors.New("it has no code"))
	}
	return nil
}

// exchange gives the code to the issuer and gets the ID token.
func (p *Provider) exchange(
	ctx context.Context, said metadata, code string, pending Pending,
) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeLimit)
	defer cancel()
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.issuer.client)
	token, err := p.config(said, pending.Redirect).Exchange(ctx, code, oauth2.VerifierOption(pending.Verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		// The answer's text stays out of the log: it may hold what was sent.
		cause := fmt.Errorf("the token endpoint answers %d %.100q", refused.Response.StatusCode, refused.ErrorCode)
		if refused.ErrorCode == "invalid_grant" {
			return "", notSignedIn(cause)
		}
		return "", noProvider(cause)
	}
	if err != nil {
		return "", noProvider(err)
	}
	text, ok := token.Extra("id_token").(string)
	if !ok {
		return "", noProvider(errors.New("the token endpoint gives no ID token"))
	}
	return text, nil
}

// metadata is what the issuer says of itself, if it can be used to sign in.
func (p *Provider) metadata(ctx context.Context) (metadata, error) {
	said, err := p.issuer.metadata(ctx)
	if err != nil {
		return metadata{}, noProvider(err)
	}
	if said.Authorization == "" || said.Token == "" {
		return metadata{}, noProvider(errors.New("its discovery document lacks an endpoint"))
	}
	return said, nil
}

// config is the client in the words of the library. How it shows its secret is the issuer's choice; the
// standard is the header. The library would try both, and a code that was shown once may be void the second
// time.
func (p *Provider) config(said metadata, redirect string) *oauth2.Config {
	style := oauth2.AuthStyleInHeader
	posts := slices.Contains(said.ClientAuth, "client_secret_post")
	if p.client.Secret == "" || posts && !slices.Contains(said.ClientAuth, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: p.client.ID, ClientSecret: p.client.Secret, Scopes: p.client.Scopes, RedirectURL: redirect,
		Endpoint: oauth2.Endpoint{AuthURL: said.Authorization, TokenURL: said.Token, AuthStyle: style},
	}
}

// same compares secrets in a time that does not tell how much of them is right.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func notSignedIn(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unauthenticated, "you are not signed in: please begin again")
}

func noProvider(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unavailable, "you cannot sign in now: the identity provider does not answer")
}
