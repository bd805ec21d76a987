package photos

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
)

// version is what is told of one photo that a person has or had.
type version struct {
	Version string            `json:"version"`
	State   string            `json:"state"` // an association.PhotoState
	Current bool              `json:"current"`
	Created string            `json:"created"`
	Reason  string            `json:"reason,omitempty"` // why it failed
	Detail  string            `json:"detail,omitempty"` // the reason in a sentence
	Until   string            `json:"until,omitempty"`  // when it is forgotten
	Upload  string            `json:"upload"`           // the original's key
	Width   int               `json:"width,omitempty"`  // of the original, upright, in pixels
	Height  int               `json:"height,omitempty"`
	URLs    map[string]string `json:"urls,omitempty"` // by size, while it is served
}

// Versions lists a person's photos, the latest first.
func (h *Handler) Versions(c echo.Context) error {
	actor, community, person, err := h.editor(c)
	if err != nil {
		return err
	}
	after, limit, err := page(c)
	if err != nil {
		return err
	}
	p, photos, err := h.Photos.Photos(c.Request().Context(), actor, community, person, after, limit)
	if err != nil {
		return err
	}
	list := struct {
		Photos []version `json:"photos"`
		Next   string    `json:"next,omitempty"`
	}{Photos: make([]version, 0, len(photos))}
	for _, one := range photos {
		list.Photos = append(list.Photos, h.version(p, one))
	}
	if len(photos) == limit {
		last := photos[limit-1]
		list.Next = reply.Cursor(fmt.Sprintf("%d.%s", last.Created, last.Version))
	}
	return reply.JSON(c, http.StatusOK, list)
}

// page reads which part of the list is wanted.
func page(c echo.Context) (association.After, int, error) {
	cursor, limit, err := reply.Page(c)
	if err != nil || cursor == "" {
		return association.After{}, limit, err
	}
	created, name, _ := strings.Cut(cursor, ".")
	at, err := strconv.ParseInt(created, 10, 64)
	if err != nil {
		return association.After{}, 0, reply.NoCursor(err)
	}
	v, err := association.ParseVersion(name)
	if err != nil {
		return association.After{}, 0, reply.NoCursor(err)
	}
	return association.After{Created: storage.Millis(at), Name: string(v)}, limit, nil
}

func (h *Handler) version(of association.Person, p association.Photo) version {
	out := version{
		Version: string(p.Version), State: p.State.String(), Current: p.Version == of.Current,
		Created: reply.Time(p.Created.Time()), Upload: string(p.Upload), Width: p.Width, Height: p.Height,
	}
	if p.Reason != "" {
		out.Reason, out.Detail = p.Reason, imaging.Reason(p.Reason).Sentence()
	}
	if p.State != association.Pending && p.Due > 0 {
		out.Until = reply.Time(p.Due.Time())
	}
	if p.Served(h.Photos.Clock()) {
		out.URLs = map[string]string{}
		for _, size := range sizeNames(association.Sizes()) {
			out.URLs[size] = h.address(p.Community, p.Version, size)
		}
	}
	return out
}

// Restore makes an earlier photo the person's next one again.
func (h *Handler) Restore(c echo.Context) error {
	actor, community, v, err := h.owner(c)
	if err != nil {
		return err
	}
	p, err := h.Photos.Restore(c.Request().Context(), actor, community, v)
	if err != nil {
		return err
	}
	return h.describe(c, http.StatusAccepted, actor, community, p.Person)
}

// Recrop makes another square of a photo, which may be an earlier one, the person's next photo.
func (h *Handler) Recrop(c echo.Context) error {
	actor, community, v, err := h.owner(c)
	if err != nil {
		return err
	}
	crop, err := readCrop(c.Request())
	if err != nil {
		return err
	}
	p, err := h.Photos.RecropVersion(c.Request().Context(), actor, community, v, crop)
	if err != nil {
		return err
	}
	return h.describe(c, http.StatusAccepted, actor, community, p.Person)
}

// owner returns who wants to do something with a version, a member of the path's community.
func (h *Handler) owner(c echo.Context) (association.Actor, storage.Community, association.Version, error) {
	actor, err := h.Auth.Actor(c)
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, 0, "", refused
	}
	if err != nil {
		return actor, 0, "", err
	}
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return actor, 0, "", err
	}
	if err := actor.Enter(community); err != nil {
		return actor, 0, "", err
	}
	v, err := association.ParseVersion(c.Param("version"))
	return actor, community, v, err
}
