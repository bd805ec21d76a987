package photos

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association/imaging"
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
	if given := r.Header.Get(echo.HeaderContentType); given != "" {
		if kind, _, err := mime.ParseMediaType(given); err != nil || kind != echo.MIMEApplicationJSON {
			return imaging.Crop{}, fault.Wrap(err, fault.Unsupported, "send the crop as application/json")
		}
	}
	text, err := io.ReadAll(r.Body)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return imaging.Crop{}, err
	}
	var wanted *struct{ X, Y, Size *int }
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&wanted); err != nil || wanted == nil {
		return imaging.Crop{}, unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return imaging.Crop{}, unreadable(err)
	}
	switch w := *wanted; {
	case w.X == nil && w.Y == nil && w.Size == nil:
		return imaging.Crop{}, nil
	case w.X == nil || w.Y == nil || w.Size == nil:
		return imaging.Crop{}, fault.New(fault.Invalid, "x, y and size go together: give all three or none").
			Because(string(imaging.BadCrop))
	case *w.Size < 1: // all zeros would be the centre square
		return imaging.Crop{}, imaging.BadCrop.Fault().About("size")
	}
	return imaging.Crop{X: *wanted.X, Y: *wanted.Y, Size: *wanted.Size}, nil
}

func unreadable(cause error) error {
	return fault.Wrap(cause, fault.Malformed, `a JSON object is wanted, such as {"x": 0, "y": 0, "size": 256}`)
}
