// Package people is our own interface for the people of a community: who they are, what they are called
// elsewhere, who they were merged into, what they have uploaded, and who did what. Failures are answered as
// package photos does.
package people

import (
	"net/http"

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

// Handler answers the paths of people. Its methods are echo handlers; server/routes.go says which path is
// whose.
type Handler struct{ Config }

// New returns a Handler over its parts.
func New(cfg Config) *Handler { return &Handler{cfg} }

// user is what is told of a person.
type user struct {
	GUID          string     `json:"guid"`
	Name          string     `json:"name"`
	Administrator bool       `json:"administrator"` // by the directory; a token may say so too
	Disabled      string     `json:"disabled,omitempty"`
	Created       string     `json:"created"`
	Photo         string     `json:"photo,omitempty"` // version of the one that is shown
	Identities    []identity `json:"identities,omitempty"`
}

// identity is a person's name in another system.
type identity struct {
	System string `json:"system"`
	Name   string `json:"name"`
}

func told(p association.Person) user {
	u := user{
		GUID: string(p.GUID), Name: p.Name, Administrator: p.Admin, Created: reply.Time(p.Created.Time()),
		Photo: string(p.Current),
	}
	if p.Disabled > 0 {
		u.Disabled = reply.Time(p.Disabled.Time())
	}
	return u
}

// enter returns who asks, a member of the path's community.
func (h *Handler) enter(c echo.Context) (association.Actor, storage.Community, error) {
	actor, err := h.Auth.Actor(c)
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, 0, refused
	}
	if err != nil {
		return actor, 0, err
	}
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return actor, 0, err
	}
	return actor, community, actor.Enter(community)
}

// person is enter with the person of the path.
func (h *Handler) person(c echo.Context) (association.Actor, storage.Community, association.GUID, error) {
	actor, community, err := h.enter(c)
	if err != nil {
		return actor, 0, "", err
	}
	text, err := reply.Param(c, "objectId")
	if err != nil {
		return actor, 0, "", err
	}
	guid, err := association.ParseGUID(text)
	if err != nil {
		return actor, 0, "", fault.Public(err).About("objectId")
	}
	return actor, community, guid, nil
}

// manage is person for those who may manage people: nobody else learns what is wrong with a request.
func (h *Handler) manage(c echo.Context) (association.Actor, storage.Community, association.GUID, error) {
	actor, community, guid, err := h.person(c)
	if err == nil {
		err = actor.May(association.ManagePeople, community, guid)
	}
	return actor, community, guid, err
}

// Show answers with a person and their names.
func (h *Handler) Show(c echo.Context) error {
	actor, community, guid, err := h.person(c)
	if err != nil {
		return err
	}
	return h.show(c, actor, community, guid)
}

func (h *Handler) show(
	c echo.Context, actor association.Actor, community storage.Community, guid association.GUID,
) error {
	p, names, err := h.People.ShowPerson(c.Request().Context(), actor, community, guid)
	if err != nil {
		return err
	}
	u := told(p)
	for _, n := range names {
		u.Identities = append(u.Identities, identity{string(n.System), n.Shown})
	}
	return reply.JSON(c, http.StatusOK, u)
}

// Rename gives a person, who may be new, the name that is displayed.
func (h *Handler) Rename(c echo.Context) error {
	actor, community, guid, err := h.manage(c)
	if err != nil {
		return err
	}
	var body struct{ Name *string }
	if _, err := reply.ReadObject(c.Request(), &body, `{"name": "Jane Doe"}`); err != nil {
		return err
	}
	if body.Name == nil {
		return fault.New(fault.Invalid, "name is wanted").About("name")
	}
	if err := h.People.Rename(c.Request().Context(), actor, community, guid, *body.Name); err != nil {
		return err
	}
	return h.show(c, actor, community, guid)
}

// Disable shuts a person out.
func (h *Handler) Disable(c echo.Context) error {
	actor, community, guid, err := h.manage(c)
	if err != nil {
		return err
	}
	if err := h.People.Disable(c.Request().Context(), actor, community, guid); err != nil {
		return err
	}
	return h.show(c, actor, community, guid)
}

// Enable lets a person in again.
func (h *Handler) Enable(c echo.Context) error {
	actor, community, guid, err := h.manage(c)
	if err != nil {
		return err
	}
	if err := h.People.Enable(c.Request().Context(), actor, community, guid); err != nil {
		return err
	}
	return h.show(c, actor, community, guid)
}
