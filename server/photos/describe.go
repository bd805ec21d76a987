package photos

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
)

// description is what is told of a person's photo.
type description struct {
	State   string            `json:"state"`             // of the newest photo: an association.PhotoState
	Version string            `json:"version,omitempty"` // of the newest photo
	Reason  string            `json:"reason,omitempty"`  // why it failed; to the person and to administrators
	Current string            `json:"current,omitempty"` // version of the photo that is shown
	URLs    map[string]string `json:"urls,omitempty"`    // of the one shown, by size; each is immutable
	Width   int               `json:"width,omitempty"`   // of the original of the one shown, upright
	Height  int               `json:"height,omitempty"`
}

func (h *Handler) describe(
	c echo.Context, a association.Actor, community storage.Community, person association.GUID,
) error {
	d, err := h.Photos.Describe(c.Request().Context(), a, community, person)
	if err != nil {
		return err
	}
	out := description{
		State: d.State.String(), Version: string(d.Version), Reason: d.Reason, Current: string(d.Current),
		URLs: map[string]string{}, Width: d.Width, Height: d.Height,
	}
	if d.Current != "" {
		for _, size := range names(d.Sizes) {
			// The recipe makes it another address when pictures come to be made in another way.
			out.URLs[size] = fmt.Sprintf("/v1/communities/%s/photos/%s/%s?r=%d",
				community, d.Current, size, association.Recipe)
		}
	}
	c.Response().Header().Set("Cache-Control", "private, no-cache")
	return reply.JSON(c, http.StatusOK, out)
}

// names are how paths name the squares of those sizes, and the renditions of the whole picture.
func names(sizes []int) []string {
	all := slices.Collect(maps.Keys(wholes))
	for _, size := range sizes {
		all = append(all, strconv.Itoa(size))
	}
	return all
}
