// Package photos serves people's photos to whoever shows them: the current one at an address that never
// changes, and each version at an address whose bytes never change.
package photos

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/replay"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Config is what a Handler is made of.
type Config struct {
	Photos  *association.Service
	Auth    *auth.Auth
	Members bool            // photos are shown to members of their community only, instead of to everybody
	URLs    *auth.URLSigner // for Members: signs the addresses that members are told
	Again   *replay.Answers // nil: each picture is looked for each time
}

// Handler answers the paths of photos. Its methods are echo handlers; server/routes.go says which path is
// whose.
type Handler struct {
	Config
	asked   caching // it is asked for each time whether it is still right
	forever caching // for a year, which is as long as anybody may say
}

// New returns a Handler over its parts.
func New(cfg Config) *Handler {
	return &Handler{cfg, cfg.keptAs("no-cache"), cfg.keptAs("max-age=31536000, immutable")}
}

// Current answers with a person's photo as it is now, or with the default picture when there is none. Who
// accepts JSON gets its description instead.
func (h *Handler) Current(c echo.Context) error {
	actor, community, person, err := h.who(c)
	if err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	if reply.Prefers(c.Request().Header, echo.MIMEApplicationJSON, "image/jpeg") {
		return h.describe(c, http.StatusOK, actor, community, person)
	}
	size, err := h.Photos.ParseSize(c.QueryParam("size"))
	if err != nil {
		return err
	}
	otherwise, err := parseFallback(c, size)
	if err != nil {
		return err
	}
	want := association.Want{Pixels: size, WebP: takesWebP(c)}
	p, err := h.Photos.Picture(c.Request().Context(), community, person, want)
	if fault.Is(err, fault.NotFound) {
		return h.none(c, actor, community, person, otherwise)
	}
	if err != nil {
		return err
	}
	_, err = h.serve(c, p, h.asked)
	return err
}

// Version answers with one photo in one size. The answer to such an address never changes.
func (h *Handler) Version(c echo.Context) error {
	community, keep, err := h.admit(c)
	if err != nil {
		return err
	}
	version, err := association.ParseVersion(c.Param("version"))
	if err != nil {
		return err
	}
	want, err := h.parseWant(c.Param("size"))
	if err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	want.WebP = takesWebP(c)
	p, err := h.Photos.VersionPicture(c.Request().Context(), community, version, want)
	if err != nil {
		return err
	}
	b, err := h.serve(c, p, keep)
	if err == nil && !h.Members { // who asks makes no difference
		answer := c.Response()
		h.Again.Keep(c.Request(), c.Path(), answer.Status, answer.Header(), b, h.Photos.Fresh(p.Photo))
	}
	return err
}

// Remove ends a person's photo. Removing what is not there is no error.
func (h *Handler) Remove(c echo.Context) error {
	actor, community, person, err := h.editor(c)
	if err != nil {
		return err
	}
	if err := h.Photos.Remove(c.Request().Context(), actor, community, person); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.NoContent(http.StatusNoContent)
}

// editor returns who wants to change a person's photo, a member of the path's community, and that person.
// Whether it may be changed is the Service's matter.
func (h *Handler) editor(c echo.Context) (association.Actor, storage.Community, association.GUID, error) {
	actor, err := h.Auth.Actor(c)
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, 0, "", refused
	}
	if err != nil {
		return actor, 0, "", err
	}
	community, person, err := parsePerson(c)
	if err != nil {
		return actor, 0, "", err
	}
	return actor, community, person, actor.Enter(community)
}
