package igloo

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage/fault"
)

// Associate makes a finished attachment the photo of the person objectId. Asking again changes nothing.
func (h *Handler) Associate(c echo.Context) error {
	actor, u, err := h.seen(c, h.Engine.Find)
	if err != nil {
		return err
	}
	if err := wantsProfilePhoto(c.QueryParams()); err != nil {
		return err
	}
	person, err := association.ParseGUID(param(c, "objectId"))
	if err != nil {
		return about(err, "objectId")
	}
	if _, err := h.Photos.Associate(c.Request().Context(), actor, u.ID, person); err != nil {
		return err
	}
	return h.show(c, http.StatusOK, u)
}

// wantsProfilePhoto is nil for type=ProfilePhoto, in any case: Igloo's documents write both Type and type.
// If it is given more than once, each must say so.
func wantsProfilePhoto(query url.Values) error {
	var kinds []string
	for name, values := range query {
		if strings.EqualFold(name, "type") {
			kinds = append(kinds, values...)
		}
	}
	another := func(kind string) bool { return !strings.EqualFold(kind, "ProfilePhoto") }
	if len(kinds) == 0 || slices.ContainsFunc(kinds, another) {
		return fault.New(fault.Invalid, "type must be ProfilePhoto").About("type")
	}
	return nil
}
