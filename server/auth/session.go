package auth

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"cameo/association"
)

// maxAgent is how much of what a client calls itself is kept, in bytes.
const maxAgent = 200

// Begin opens a session of somebody who has shown who they are, gives the client its cookie, and returns its
// key.
func (a *Auth) Begin(
	c echo.Context, who association.Actor, via association.Via,
) (string, association.Session, error) {
	key, s, err := a.people.Open(c.Request().Context(), who, via, agent(c.Request()), c.RealIP())
	if err != nil {
		return "", s, err
	}
	a.setCookie(c, key, int(s.Expires.Time().Sub(s.Created.Time()).Seconds()))
	return key, s, nil
}

// OnTurn lets ask decide whether a request that signs in may still go on when it is its turn, see
// association.WithTurn.
func OnTurn(c echo.Context, ask func() error) {
	r := c.Request()
	c.SetRequest(r.WithContext(association.WithTurn(r.Context(), ask)))
}

// Believe is whom a token speaks of that was sent to be exchanged, as the directory lets them in.
// Unauthenticated.
func (a *Auth) Believe(c echo.Context, token string) (association.Actor, error) {
	claimed, err := a.tokens.Verify(token)
	if err != nil {
		return association.Actor{}, err
	}
	actor, err := a.people.Arrive(c.Request().Context(), claimed)
	actor.Address = c.RealIP()
	return actor, err
}

// SignOut takes the cookie from the client. The session is ended by association.Service.End.
func (a *Auth) SignOut(c echo.Context) { a.setCookie(c, "", -1) }

// setCookie sets the session's cookie for so many seconds; below zero it is deleted.
func (a *Auth) setCookie(c echo.Context, key string, seconds int) {
	c.SetCookie(&http.Cookie{
		Name: SessionCookie, Value: key, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.Secure(c),
	})
}

// Secure says whether a cookie that is set now may only come back by https.
func (a *Auth) Secure(c echo.Context) bool {
	return c.Scheme() == "https" || strings.HasPrefix(a.guard.Base(c), "https:")
}

// Guard is what decides where a cookie counts.
func (a *Auth) Guard() *Guard { return a.guard }

// CSRFToken is what a page of the session that the request shows sends back to us in CSRFHeader; "" without a
// session.
func (a *Auth) CSRFToken(c echo.Context) string {
	shown, err := credential(c.Request())
	if err != nil || shown.kind != sessionKey && shown.kind != sessionCookie {
		return ""
	}
	return a.guard.token(shown.secret)
}

// CSRFTokenOf is the same for a session that has just begun.
func (a *Auth) CSRFTokenOf(key string) string { return a.guard.token(key) }

// agent is what the client calls itself, as a database can keep it.
func agent(r *http.Request) string {
	text := strings.ToValidUTF8(r.UserAgent(), "?")
	for len(text) > maxAgent {
		_, last := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-last]
	}
	return text
}
