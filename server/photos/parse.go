package photos

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// parsePerson reads the community and the person of a path.
func parsePerson(c echo.Context) (storage.Community, association.GUID, error) {
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return 0, "", err
	}
	raw := c.Param("objectId")
	if c.Request().URL.RawPath != "" { // then the router leaves percent-encoding in place
		if raw, err = url.PathUnescape(raw); err != nil {
			return 0, "", fault.Wrap(err, fault.Malformed, "the path cannot be read").About("objectId")
		}
	}
	person, err := association.ParseGUID(raw)
	if err != nil {
		return 0, "", fault.Public(err).About("objectId")
	}
	return community, person, nil
}

// parseWant reads which rendition is wanted: the side of a square, or full for the whole picture.
func parseWant(s string) (association.Want, error) {
	if s == "full" {
		return association.Want{Shape: imaging.Whole, Pixels: imaging.Longest}, nil
	}
	size, err := association.ParseSize(s)
	return association.Want{Pixels: size}, err
}

// fallback is what is shown of a person without a photo.
type fallback string

const (
	initials fallback = "initials" // of the person's name, on a colour of their own
	blank    fallback = "blank"    // a transparent picture
	missing  fallback = "404"      // no picture at all
)

func parseDefault(s string) (fallback, error) {
	switch f := fallback(s); f {
	case "":
		return initials, nil
	case initials, blank, missing:
		return f, nil
	}
	return "", fault.New(fault.Invalid, "default must be initials, blank or 404").About("default")
}
