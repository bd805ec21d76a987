package photos

import (
	"fmt"
	"hash/crc32"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// fallback is what is shown of a person without a photo.
type fallback struct {
	what   placeholder
	format string // svg or png
	size   int    // of each side, in pixels
}

// parseFallback reads what is wanted of whoever has no photo.
func parseFallback(c echo.Context, size int) (fallback, error) {
	what, err := parsePlaceholder(c.QueryParam("default"))
	if err != nil {
		return fallback{}, err
	}
	format, err := parseFormat(c)
	return fallback{what, format, size}, err
}

// none answers for a person without a photo. A community or, in a closed directory, a person that is not
// there stays NotFound.
func (h *Handler) none(
	c echo.Context, a association.Actor, community storage.Community, person association.GUID, f fallback,
) error {
	ctx := c.Request().Context()
	if _, err := h.Photos.Describe(ctx, a, community, person); err != nil {
		return err
	}
	if f.what == missing {
		return association.NoPhoto()
	}
	d := drawing{size: f.size}
	if f.what == initials {
		p, err := h.Photos.Profile(ctx, community, person)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		d.field, d.letters = &fields[crc32.ChecksumIEEE([]byte(person))%uint32(len(fields))], initialsOf(p.Name)
	}
	svg := d.svg()
	tag := fmt.Sprintf(`"default-%s-%08x"`, f.format, crc32.ChecksumIEEE([]byte(svg)))
	h.describeBytes(c.Response().Header(), tag, h.asked)
	if reply.Matches(c.Request().Header, tag) {
		return c.NoContent(http.StatusNotModified)
	}
	if f.format == formatSVG {
		return send(c, "image/svg+xml", []byte(svg))
	}
	b, err := d.png()
	if err != nil {
		return err
	}
	return send(c, "image/png", b)
}
