// Package photos serves people's photos to whoever shows them: the current one at an address that never
// changes, and each version at an address whose bytes never change.
package photos

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Config is what a Handler is made of.
type Config struct {
	Photos  *association.Service
	Auth    *auth.Auth
	Members bool // photos are shown to members of their community only, instead of to everybody
}

// Handler answers the paths of photos. Its methods are echo handlers; server/routes.go says which path is
// whose.
type Handler struct{ Config }

// New returns a Handler over its parts.
func New(cfg Config) *Handler { return &Handler{cfg} }

// Current answers with a person's photo as it is now, or with the default picture when there is none. Who
// accepts JSON gets its description instead.
func (h *Handler) Current(c echo.Context) error {
	actor, community, person, err := h.who(c)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Vary", "Accept")
	if strings.Contains(c.Request().Header.Get("Accept"), echo.MIMEApplicationJSON) {
		return h.describe(c, actor, community, person)
	}
	size, err := association.ParseSize(c.QueryParam("size"))
	if err != nil {
		return err
	}
	draw, err := parseDefault(c.QueryParam("default"))
	if err != nil {
		return err
	}
	p, err := h.Photos.Picture(c.Request().Context(), community, person, association.Want{Pixels: size})
	if fault.Is(err, fault.NotFound) {
		return h.none(c, actor, community, person, draw, size)
	}
	if err != nil {
		return err
	}
	return h.serve(c, p, "no-cache")
}

// Version answers with one photo in one size. The answer to such an address never changes.
func (h *Handler) Version(c echo.Context) error {
	_, community, err := h.enter(c)
	if err != nil {
		return err
	}
	version, err := association.ParseVersion(c.Param("version"))
	if err != nil {
		return err
	}
	want, err := parseWant(c.Param("size"))
	if err != nil {
		return err
	}
	p, err := h.Photos.VersionPicture(c.Request().Context(), community, version, want)
	if err != nil {
		return err
	}
	return h.serve(c, p, "max-age=31536000, immutable")
}

// Remove ends a person's photo. Removing what is not there is no error.
func (h *Handler) Remove(c echo.Context) error {
	actor, err := h.Auth.Actor(c)
	if err != nil {
		return err
	}
	reply.NoteActor(c, string(actor.GUID))
	community, person, err := parsePerson(c)
	if err != nil {
		return err
	}
	if err := h.Photos.Enter(c.Request().Context(), actor, community); err != nil {
		return err
	}
	if err := h.Photos.Remove(c.Request().Context(), actor, community, person); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.NoContent(http.StatusNoContent)
}

// serve writes a picture, or 304 to those who have it.
func (h *Handler) serve(c echo.Context, p association.Picture, caching string) error {
	r, head := p.Rendition, c.Response().Header()
	tag := fmt.Sprintf(`"%s-%d-%d-%d-%s"`, p.Photo.Version, r.Recipe, r.Shape, r.Pixels, path.Base(r.Type))
	if reply.Matches(c.Request().Header, tag) {
		h.describeBytes(head, tag, caching)
		return c.NoContent(http.StatusNotModified)
	}
	from, err := h.Photos.OpenRendition(c.Request().Context(), r)
	if err != nil {
		return err
	}
	defer from.Close()
	h.describeBytes(head, tag, caching)
	return stream(c, r.Type, r.Length, from)
}

// describeBytes says in headers how an answer may be cached and shown.
func (h *Handler) describeBytes(head http.Header, tag, caching string) {
	scope := "public, "
	if h.Members {
		scope = "private, "
	} else {
		head.Set("Cross-Origin-Resource-Policy", "cross-origin") // any page may show a public photo
	}
	head.Set("ETag", tag)
	head.Set("Cache-Control", scope+caching)
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	head.Set("Content-Disposition", "inline")
}

func stream(c echo.Context, mediaType string, length int64, from io.Reader) error {
	c.Response().Header().Set("Content-Length", strconv.FormatInt(length, 10))
	if c.Request().Method == http.MethodHead {
		c.Response().Header().Set("Content-Type", mediaType)
		return c.NoContent(http.StatusOK)
	}
	return c.Stream(http.StatusOK, mediaType, from)
}

// enter returns who asks, which is nobody for a stranger who asks for public photos, and the community of
// the path.
func (h *Handler) enter(c echo.Context) (association.Actor, storage.Community, error) {
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return association.Actor{}, 0, err
	}
	actor, err := h.Auth.Actor(c)
	reply.NoteActor(c, string(actor.GUID))
	if !h.Members {
		if fault.Is(err, fault.Unauthenticated) { // an old token hides no public photo
			return association.Actor{}, community, nil
		}
		return actor, community, err
	}
	if err != nil {
		return actor, community, err
	}
	return actor, community, h.Photos.Enter(c.Request().Context(), actor, community)
}

// who is enter with the person of the path.
func (h *Handler) who(c echo.Context) (association.Actor, storage.Community, association.GUID, error) {
	actor, community, err := h.enter(c)
	if err != nil {
		return actor, 0, "", err
	}
	_, person, err := parsePerson(c)
	return actor, community, person, err
}
