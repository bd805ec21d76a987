package photos

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
)

// description is what is told of a person's photo.
type description struct {
	State   string `json:"state"`             // of the newest photo: an association.PhotoState
	Version string `json:"version,omitempty"` // of the newest photo
	Reason  string `json:"reason,omitempty"`  // why it failed; to the person and to administrators
	Detail  string `json:"detail,omitempty"`  // the reason in a sentence
	Current string `json:"current,omitempty"` // version of the photo that is shown; what follows is of that one
	shown
}

// shown is what is told of the photo that is shown.
type shown struct {
	URLs      map[string]string `json:"urls,omitempty"`  // by size; each is immutable
	Width     int               `json:"width,omitempty"` // of the original, upright, in pixels
	Height    int               `json:"height,omitempty"`
	Crop      *square           `json:"crop,omitempty"`
	Thumbhash []byte            `json:"thumbhash,omitempty"` // in base64
	Colour    string            `json:"color,omitempty"`     // #rrggbb
}

// square is a part of the upright original, in pixels from its upper left corner.
type square struct {
	X    int `json:"x"`
	Y    int `json:"y"`
	Size int `json:"size"`
}

// describe answers with the description.
func (h *Handler) describe(
	c echo.Context, status int, a association.Actor, community storage.Community, person association.GUID,
) error {
	d, err := h.Photos.Describe(c.Request().Context(), a, community, person)
	if err != nil {
		return err
	}
	out := description{
		State: d.State.String(), Version: string(d.Version), Reason: d.Reason, Current: string(d.Current),
	}
	if d.Reason != "" {
		out.Detail = imaging.Reason(d.Reason).Sentence()
	}
	if d.Current != "" {
		out.shown = h.shownOf(community, d)
	}
	c.Response().Header().Set("Cache-Control", "private, no-cache")
	return reply.JSON(c, status, out)
}

func (h *Handler) shownOf(community storage.Community, d association.Description) shown {
	s := shown{
		URLs: map[string]string{}, Width: d.Width, Height: d.Height,
		Crop: &square{d.Crop.X, d.Crop.Y, d.Crop.Size}, Thumbhash: d.Thumbhash,
		Colour: fmt.Sprintf("#%02x%02x%02x", d.Colour.R, d.Colour.G, d.Colour.B),
	}
	for _, size := range sizeNames(d.Sizes) {
		s.URLs[size] = h.address(community, d.Current, size)
	}
	return s
}

// sizeNames are how paths name the squares of those sizes, and the renditions of the whole picture.
func sizeNames(sizes []int) []string {
	all := slices.Collect(maps.Keys(wholes))
	for _, size := range sizes {
		all = append(all, strconv.Itoa(size))
	}
	return all
}
