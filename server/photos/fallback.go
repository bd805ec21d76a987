package photos

import (
	"fmt"
	"hash/crc32"
	"html"
	"net/http"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// none answers for a person without a photo. A community or, in a closed directory, a person that is not
// there stays NotFound.
func (h *Handler) none(
	c echo.Context, a association.Actor, community storage.Community, person association.GUID,
	draw fallback, size int,
) error {
	ctx := c.Request().Context()
	if _, err := h.Photos.Describe(ctx, a, community, person); err != nil {
		return err
	}
	if draw == missing {
		return association.NoPhoto()
	}
	var name string
	if draw == initials {
		p, err := h.Photos.Profile(ctx, community, person)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		name = p.Name
	}
	svg := drawing(draw, person, name, size)
	tag := fmt.Sprintf(`"default-%08x"`, crc32.ChecksumIEEE([]byte(svg)))
	h.describeBytes(c.Response().Header(), tag, asked)
	if reply.Matches(c.Request().Header, tag) {
		return c.NoContent(http.StatusNotModified)
	}
	return send(c, "image/svg+xml", []byte(svg))
}

// drawing is the default picture as SVG, size pixels wide.
func drawing(draw fallback, person association.GUID, name string, size int) string {
	open := fmt.Sprintf(
		`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 64 64"`, size, size)
	if draw == blank {
		return open + `/>`
	}
	// The hue is the person's own and the same everywhere; white on it can be read at every hue.
	hue := crc32.ChecksumIEEE([]byte(person)) % 360
	field := fmt.Sprintf(`<rect width="64" height="64" fill="hsl(%d,42%%,38%%)"/>`, hue)
	letters := initialsOf(name)
	if letters == "" {
		const bust = `<g fill="#fff"><circle cx="32" cy="25" r="11"/><path d="M10 58a22 19 0 0 1 44 0v6H10z"/></g>`
		return open + ` role="img" aria-label="no photo">` + field + bust + `</svg>`
	}
	text := html.EscapeString(letters)
	return open + ` role="img" aria-label="` + text + `">` + field +
		`<text x="32" y="33" fill="#fff" font-family="system-ui,sans-serif" font-size="27" font-weight="500" ` +
		`text-anchor="middle" dominant-baseline="central">` + text + `</text></svg>`
}

// initialsOf takes the first letter of the first and of the last word.
func initialsOf(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if len(words) == 0 {
		return ""
	}
	letters := string([]rune(words[0])[:1])
	if len(words) > 1 {
		letters += string([]rune(words[len(words)-1])[:1])
	}
	return strings.ToUpper(letters)
}
