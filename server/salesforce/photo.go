package salesforce

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage/fault"
)

// GetPhoto answers with the Photo of a person, to members of the community.
func (h *Handler) GetPhoto(c echo.Context) error {
	at, err := h.target(c)
	if err != nil {
		return err
	}
	return h.describe(c, http.StatusOK, at, association.Photo{})
}

// PostPhoto gives a person a photo: of a file that is there, or of the picture that comes with the request.
// _HttpMethod makes it another method.
func (h *Handler) PostPhoto(c echo.Context) error {
	switch method := methodOf(c); {
	case method == http.MethodGet, method == http.MethodHead:
		return h.GetPhoto(c)
	case method == http.MethodDelete && !isChatter(c):
		return h.DeletePhoto(c)
	case method != http.MethodPost && isChatter(c):
		return errMethod(c, "GET,HEAD,POST")
	case method != http.MethodPost:
		return errMethod(c, "DELETE,GET,HEAD,POST")
	}
	at, err := h.target(c)
	if err != nil {
		return err
	}
	if err := at.actor.MayEdit(at.community, at.person); err != nil {
		return err
	}
	made, err := h.set(c, at)
	if err != nil {
		return err
	}
	return h.describe(c, http.StatusCreated, at, made)
}

// set makes what the request brings, or the file that it names, the person's next photo. A picture that was
// brought and is refused is given up.
func (h *Handler) set(c echo.Context, at target) (made association.Photo, err error) {
	ctx := context.WithoutCancel(c.Request().Context())
	in, err := h.readForm(c, at.caller, photoForm(at.actor.In(at.community).Subject()))
	if err == nil {
		made, err = h.associate(ctx, at, in)
	}
	if err != nil {
		h.giveUp(ctx, in.brought)
	}
	return made, err
}

func (h *Handler) associate(ctx context.Context, at target, in input) (association.Photo, error) {
	crop, err := in.crop(h.Photos.Limits.Picture.MinSide)
	if err != nil {
		return association.Photo{}, err
	}
	id, err := h.source(ctx, at.caller, in)
	if err != nil {
		return association.Photo{}, err
	}
	return h.Photos.AssociateInspected(ctx, at.actor, id, at.person, crop, in.look)
}

// DeletePhoto ends a person's photo. Removing what is not there is no error.
func (h *Handler) DeletePhoto(c echo.Context) error {
	at, err := h.target(c)
	if err != nil {
		return err
	}
	if err := h.Photos.Remove(c.Request().Context(), at.actor, at.community, at.person); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.NoContent(http.StatusNoContent)
}

// describe answers with the Photo: with the one that the request has made, whatever others have made since;
// the zero Photo, with that of which clients are told. Who may change it is told where the photo's state
// stands, and why it has failed if it has: Salesforce's resource has no place for that.
func (h *Handler) describe(c echo.Context, status int, at target, p association.Photo) error {
	known, err := h.Photos.Profile(c.Request().Context(), at.community, at.person)
	if err == nil && p.Version == "" {
		p, err = h.shown(c.Request().Context(), known)
	}
	if err != nil {
		return err
	}
	_, photo, err := h.resource(c, at, known, p)
	if err != nil {
		return err
	}
	if at.actor.MayEdit(at.community, known.GUID) == nil {
		c.Response().Header().Set("Link", fmt.Sprintf(
			`</v1/communities/%d/users/%s/photo>; rel="describedby"; type="application/json"`,
			at.community, known.GUID))
	}
	if c.Request().Method == http.MethodPost && methodOf(c) == http.MethodHead {
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.NoContent(status)
	}
	return tell(c, status, photo)
}

// resource is the Photo of a person, and the id by which Salesforce's clients know them.
func (h *Handler) resource(
	c echo.Context, at target, known association.Person, p association.Photo,
) (association.Identity, map[string]any, error) {
	id, err := h.Photos.SalesforceID(c.Request().Context(), at.community, known.GUID)
	if err != nil {
		return id, nil, err
	}
	photo, err := h.photo(c, at, id, p)
	return id, photo, err
}

// shown is the photo of which clients are told: the one that was asked for last unless it has failed, else
// the one that is shown; the zero Photo if there is none.
func (h *Handler) shown(ctx context.Context, known association.Person) (association.Photo, error) {
	for _, v := range []association.Version{known.Newest, known.Current} {
		p, err := h.Photos.Version(ctx, known.Community, v)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil || p.State == association.Pending || p.State == association.Ready {
			return p, err
		}
	}
	return association.Photo{}, nil
}

// photo is the resource, with the properties that the version of the interface knows.
func (h *Handler) photo(
	c echo.Context, at target, id association.Identity, p association.Photo,
) (map[string]any, error) {
	base := h.Auth.Guard().Base(c)
	full, err := h.emailAddress(base, p, large)
	if err != nil {
		return nil, err
	}
	standard, err := h.emailAddress(base, p, tiny)
	if err != nil {
		return nil, err
	}
	var versionID any // null when there is no photo
	if p.Version != "" {
		versionID = photoID(p.Version)
	}
	out := map[string]any{}
	for _, property := range []struct {
		name  string
		since version
		value any
	}{
		{"fullEmailPhotoUrl", 27, full},
		{"largePhotoUrl", 23, h.address(base, p, "F")},
		{"mediumPhotoUrl", 37, h.address(base, p, "M")},
		{"photoVersionId", 24, versionID},
		{"smallPhotoUrl", 23, h.address(base, p, "T")},
		{"standardEmailPhotoUrl", 27, standard},
		{"url", 27, photoPath(c, at, id)},
	} {
		if at.version >= property.since {
			out[property.name] = property.value
		}
	}
	return out, nil
}

// room is the path below which things lie in the form in which one was asked for.
func room(c echo.Context, who caller) string {
	data := "/services/data/" + who.version.String()
	switch {
	case c.Param("communityId") != "":
		return data + "/connect/communities/" + numbered(communityPrefix, who.community) + "/"
	case isChatter(c):
		return data + "/chatter/"
	}
	return data + "/connect/"
}

// photoPath is the path of the Photo.
func photoPath(c echo.Context, at target, id association.Identity) string {
	kind := "user-profiles/"
	switch {
	case isChatter(c) && c.Param("communityId") != "":
		kind = "chatter/users/"
	case isChatter(c):
		kind = "users/"
	}
	return room(c, at.caller) + kind + id.Shown + "/photo"
}
