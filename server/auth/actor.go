package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage/fault"
)

// People let in whoever has shown who they are. association.Service is one.
type People interface {
	// Arrive is the actor whom a valid token names, as the directory lets them in.
	Arrive(ctx context.Context, a association.Actor) (association.Actor, error)
	// Resume is the actor of a session's key. One that opens no session is Unauthenticated.
	Resume(ctx context.Context, key string) (association.Actor, error)
	// Open begins a session of somebody who has shown who they are, and returns its key.
	Open(ctx context.Context, a association.Actor, via association.Via, agent, address string,
	) (string, association.Session, error)
}

// Auth says who makes a request, and begins and ends sessions.
type Auth struct {
	tokens *Verifier
	people People
	guard  *Guard
}

// New returns an Auth that believes the tokens of v, and the sessions of p where g lets their cookie count.
func New(v *Verifier, p People, g *Guard) *Auth { return &Auth{v, p, g} }

// Actor is who asks, for dialects that know nothing else of people.
type Actor = association.Actor

// Actor is who makes the request. Without credentials it is the zero Actor, and no error: whether a stranger
// may pass is for the dialect to ask (association.Actor.Enter). Credentials that are there and not good are
// Unauthenticated; a cookie that another site's page may have sent is Forbidden.
func (a *Auth) Actor(c echo.Context) (association.Actor, error) {
	actor, err := a.identify(c)
	actor.Address = c.RealIP()
	return actor, err
}

func (a *Auth) identify(c echo.Context) (association.Actor, error) {
	shown, err := credential(c.Request())
	if err != nil {
		return association.Actor{}, err
	}
	ctx := c.Request().Context()
	switch shown.kind {
	case bearerToken:
		claimed, err := a.tokens.Verify(shown.secret)
		if err != nil {
			return association.Actor{}, err
		}
		c.Set(claimedKey, claimed)
		// Whoever asks too often is refused before the directory is asked for them.
		if err := reply.NoteActor(c, string(claimed.GUID)); err != nil {
			return association.Actor{}, err
		}
		return a.people.Arrive(ctx, claimed)
	case sessionCookie:
		if err := a.guard.cookie(c, shown.secret); err != nil {
			return association.Actor{}, err
		}
		return a.people.Resume(ctx, shown.secret)
	case sessionKey:
		return a.people.Resume(ctx, shown.secret)
	}
	return association.Actor{}, nil
}

// SessionCookie is the name of the cookie with a session's key. Igloo's clients write it in any case.
const SessionCookie = "iglooauth"

// sessionHeader is where a program may show a session's key instead.
const sessionHeader = "X-Igloo-Auth"

// keyLength is that of a session's key, a GUID. No token is that short.
const keyLength = 36

// proof is what a request shows: a kind of credential, and the secret itself.
type proof struct {
	kind   int
	secret string
}

// The kinds. Only a cookie comes along unasked, so only that needs protection against forged requests.
const (
	nothing = iota
	bearerToken
	sessionKey
	sessionCookie
)

// credential finds what a request shows. The Authorization header goes before others, and a cookie is last:
// what a client says on purpose counts.
func credential(r *http.Request) (proof, error) {
	switch headers := r.Header.Values(echo.HeaderAuthorization); len(headers) {
	case 0:
	case 1:
		scheme, secret, _ := strings.Cut(headers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "OAuth") { // as Salesforce calls it
			return proof{}, notBelieved(errors.New("another scheme than Bearer and OAuth"))
		}
		secret = strings.TrimLeft(secret, " ")
		if len(secret) == keyLength {
			return proof{sessionKey, secret}, nil
		}
		return proof{bearerToken, secret}, nil
	default:
		return proof{}, notBelieved(errors.New("more than one Authorization header"))
	}
	if key := r.Header.Get(sessionHeader); key != "" {
		return proof{sessionKey, key}, nil
	}
	if r.Header[echo.HeaderCookie] == nil {
		return proof{}, nil
	}
	return cookie(r)
}

// cookie finds the session's cookie. Two that differ are refused: which one would count?
func cookie(r *http.Request) (proof, error) {
	found := ""
	for _, one := range r.Cookies() {
		if !strings.EqualFold(one.Name, SessionCookie) || one.Value == "" {
			continue
		}
		if found != "" && found != one.Value {
			return proof{}, fault.New(fault.Unauthenticated, "there are two session cookies")
		}
		found = one.Value
	}
	if found == "" {
		return proof{}, nil
	}
	return proof{sessionCookie, found}, nil
}

// Challenge says in the headers of a 401 how to sign in.
func Challenge(h http.Header) { h.Set(echo.HeaderWWWAuthenticate, `Bearer realm="cameo"`) }
