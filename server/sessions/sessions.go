// Package sessions lets a browser sign in with a name and a password or with a bearer token, and shows people
// what is signed in as them.
package sessions

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Config is what a Handler is made of.
type Config struct {
	People *association.Service
	Auth   *auth.Auth
}

// Handler answers the paths of sessions. Its methods are echo handlers; server/routes.go says which path is
// whose.
type Handler struct{ Config }

// New returns a Handler over its parts.
func New(cfg Config) *Handler { return &Handler{cfg} }

// identity is who somebody is, as the answers say it. Of a token there is no ID and no CSRFToken.
type identity struct {
	ID          string              `json:"id,omitempty"`
	GUID        association.GUID    `json:"guid"`
	Communities []storage.Community `json:"communities"`
	Admin       []storage.Community `json:"admin"`
	Expires     time.Time           `json:"expires"`
	CSRFToken   string              `json:"csrfToken,omitempty"`
}

func identify(a association.Actor) identity {
	who := identity{GUID: a.GUID, Communities: []storage.Community{}, Admin: []storage.Community{}}
	who.Communities = append(who.Communities, a.Memberships()...)
	who.ID, who.Expires = a.Session, a.Expires.Time().UTC()
	for _, c := range who.Communities {
		if a.Administers(c) {
			who.Admin = append(who.Admin, c)
		}
	}
	return who
}

// Create begins a session: of the name and the password in the body, or, without a body, of who shows a
// bearer token.
func (h *Handler) Create(c echo.Context) error {
	actor, via, err := h.arrive(c)
	if err != nil {
		return err
	}
	if err := reply.NoteActor(c, string(actor.GUID)); err != nil {
		return err
	}
	key, s, err := h.Auth.Begin(c, actor, via)
	if err != nil {
		return err
	}
	actor.Session, actor.Expires = s.ID, s.Expires
	who := identify(actor)
	who.CSRFToken = h.Auth.CSRFTokenOf(key)
	return reply.JSON(c, http.StatusCreated, who)
}

// arrive is who begins a session, and how.
func (h *Handler) arrive(c echo.Context) (association.Actor, association.Via, error) {
	asked, given, err := readSignIn(c.Request())
	if err != nil {
		return association.Actor{}, "", err
	}
	if given {
		actor, err := h.People.SignIn(c.Request().Context(), h.place(asked), asked.Name, asked.Password)
		return actor, association.ViaPassword, err
	}
	actor, err := h.who(c)
	if err == nil && actor.Session != "" {
		err = fault.New(fault.Conflict,
			"this is a session already: show a bearer token, or send a name and a password")
	}
	return actor, association.ViaToken, err
}

// who asks; a stranger is Unauthenticated.
func (h *Handler) who(c echo.Context) (association.Actor, error) {
	actor, err := h.Auth.Actor(c)
	if err == nil {
		err = actor.Present()
	}
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, refused
	}
	return actor, err
}

// Current answers who asks.
func (h *Handler) Current(c echo.Context) error {
	actor, err := h.who(c)
	if err != nil {
		return err
	}
	who := identify(actor)
	who.CSRFToken = h.Auth.CSRFToken(c)
	return reply.JSON(c, http.StatusOK, who)
}

// SignOut ends the session that asks, and takes its cookie away. Of one that is over it takes the cookie too.
func (h *Handler) SignOut(c echo.Context) error {
	actor, err := h.Auth.Actor(c)
	if err == nil || fault.Is(err, fault.Unauthenticated) {
		h.Auth.SignOut(c)
	}
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return refused
	}
	if err == nil {
		err = h.People.End(c.Request().Context(), actor, actor.Session)
	}
	return done(c, err)
}

// listed is one of several sessions.
type listed struct {
	ID      string          `json:"id"`
	Created time.Time       `json:"created"`
	Used    time.Time       `json:"used"` // to the minute
	Expires time.Time       `json:"expires"`
	Agent   string          `json:"agent"`
	Address string          `json:"address"`
	Via     association.Via `json:"via"`
	Current bool            `json:"current"` // it is the one that asks
}

// List answers with the sessions of who asks, the youngest first.
func (h *Handler) List(c echo.Context) error {
	actor, err := h.who(c)
	if err != nil {
		return err
	}
	all, err := h.People.OpenSessions(c.Request().Context(), actor)
	if err != nil {
		return err
	}
	list := make([]listed, len(all))
	for i, s := range all {
		list[i] = listed{
			s.ID, s.Created.Time().UTC(), s.Used.Time().UTC(), s.Expires.Time().UTC(),
			s.Agent, s.Address, s.Via, s.ID == actor.Session,
		}
	}
	return reply.JSON(c, http.StatusOK, struct {
		Sessions []listed `json:"sessions"`
	}{list})
}

// End ends one of the sessions of who asks.
func (h *Handler) End(c echo.Context) error {
	actor, err := h.who(c)
	if err != nil {
		return err
	}
	id := c.Param("sessionId")
	if err := h.People.End(c.Request().Context(), actor, id); err != nil {
		return err
	}
	if id == actor.Session {
		h.Auth.SignOut(c)
	}
	return done(c, nil)
}

// EndOthers ends all sessions of who asks but this one.
func (h *Handler) EndOthers(c echo.Context) error {
	actor, err := h.who(c)
	if err != nil {
		return err
	}
	_, err = h.People.EndOthers(c.Request().Context(), actor)
	return done(c, err)
}

func done(c echo.Context, err error) error {
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.NoContent(http.StatusNoContent)
}
