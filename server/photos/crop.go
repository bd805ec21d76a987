package photos

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage/fault"
)

// Crop shows another square of a person's current photo: {"x", "y", "size"} in pixels of the upright picture,
// or the centre square for {} or no body. It is prepared as a new photo is.
func (h *Handler) Crop(c echo.Context) error {
	actor, community, person, err := h.editor(c)
	if err != nil {
		return err
	}
	crop, err := readCrop(c.Request())
	if err != nil {
		return err
	}
	if _, err := h.Photos.Recrop(c.Request().Context(), actor, community, person, crop); err != nil {
		return err
	}
	return h.describe(c, http.StatusAccepted, actor, community, person)
}

// readCrop reads a small body, which the route bounds.
func readCrop(r *http.Request) (imaging.Crop, error) {
	var w struct{ X, Y, Size *int }
	if _, err := reply.ReadObject(r, &w, `{"x": 0, "y": 0, "size": 256}`); err != nil {
		return imaging.Crop{}, err
	}
	switch {
	case w.X == nil && w.Y == nil && w.Size == nil:
		return imaging.Crop{}, nil
	case w.X == nil || w.Y == nil || w.Size == nil:
		return imaging.Crop{}, fault.New(fault.Invalid, "x, y and size go together: give all three or none").
			Because(string(imaging.BadCrop))
	case *w.Size < 1: // all zeros would be the centre square
		return imaging.Crop{}, imaging.BadCrop.Fault().About("size")
	}
	return imaging.Crop{X: *w.X, Y: *w.Y, Size: *w.Size}, nil
}
