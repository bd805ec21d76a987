package auth

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
)

// Auth says who makes a request.
type Auth struct {
	tokens *Verifier
}

// New returns an Auth that believes the tokens of v.
func New(v *Verifier) *Auth { return &Auth{tokens: v} }

// Actor is who asks, for dialects that know nothing else of people.
type Actor = association.Actor

// Actor is who makes the request. Without an Authorization header it is the zero Actor, and no error:
// whether a stranger may pass is for the dialect to ask (association.Actor.Enter). A header that is there
// and does not hold one valid bearer token is Unauthenticated.
func (a *Auth) Actor(c echo.Context) (association.Actor, error) {
	headers := c.Request().Header.Values(echo.HeaderAuthorization)
	switch len(headers) {
	case 0:
		return association.Actor{}, nil
	case 1:
		scheme, token, _ := strings.Cut(headers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return association.Actor{}, notBelieved(errors.New("another scheme than Bearer"))
		}
		return a.tokens.Verify(strings.TrimLeft(token, " "))
	}
	return association.Actor{}, notBelieved(errors.New("more than one Authorization header"))
}

// Challenge says in the headers of a 401 how to sign in.
func Challenge(h http.Header) { h.Set(echo.HeaderWWWAuthenticate, `Bearer realm="cameo"`) }
