package photos

import (
	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// parsePerson reads the community and the person of a path.
func parsePerson(c echo.Context) (storage.Community, association.GUID, error) {
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return 0, "", err
	}
	raw, err := reply.Param(c, "objectId")
	if err != nil {
		return 0, "", err
	}
	person, err := association.ParseGUID(raw)
	if err != nil {
		return 0, "", fault.Public(err).About("objectId")
	}
	return community, person, nil
}

// wholes are the renditions of the whole picture, by the names that they have beside the sides of squares.
var wholes = map[string]association.Want{
	"full": {Shape: imaging.Whole, Pixels: imaging.Longest},
	"w160": {Shape: imaging.Wide, Pixels: 160},
	"w200": {Shape: imaging.Wide, Pixels: 200},
}

// parseWant reads which rendition is wanted: the side of a square, a width of the whole picture, or full.
func (h *Handler) parseWant(s string) (association.Want, error) {
	if want, ok := wholes[s]; ok {
		return want, nil
	}
	size, err := h.Photos.ParseSize(s)
	return association.Want{Pixels: size}, err
}

// takesWebP says whether a WebP is a good answer.
func takesWebP(c echo.Context) bool {
	return reply.Prefers(c.Request().Header, imaging.WebP, imaging.JPEG)
}

// placeholder is what a person without a photo looks like.
type placeholder string

const (
	initials placeholder = "initials" // of the person's name, on a colour of their own
	blank    placeholder = "blank"    // a transparent picture
	missing  placeholder = "404"      // no picture at all
)

func parsePlaceholder(s string) (placeholder, error) {
	switch p := placeholder(s); p {
	case "":
		return initials, nil
	case initials, blank, missing:
		return p, nil
	}
	return "", fault.New(fault.Invalid, "default must be initials, blank or 404").About("default")
}

// The formats of default pictures.
const (
	formatSVG = "svg"
	formatPNG = "png"
)

// parseFormat reads in which format a default picture is wanted. Who does not say it gets what Accept likes
// more, and SVG if that is no less than PNG.
func parseFormat(c echo.Context) (string, error) {
	const svg, png = "image/svg+xml", "image/png"
	head := c.Request().Header
	switch f := c.QueryParam("format"); f {
	case "":
		if reply.Prefers(head, png, svg) && !reply.Prefers(head, svg, png) {
			return formatPNG, nil
		}
		return formatSVG, nil
	case formatSVG, formatPNG:
		return f, nil
	}
	return "", fault.New(fault.Invalid, "format must be svg or png").About("format")
}
