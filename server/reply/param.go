package reply

import (
	"encoding/base64"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// Param is a path parameter without percent-encoding, which the router leaves in place when the path has any
// that matters. What cannot be decoded is Malformed.
func Param(c echo.Context, name string) (string, error) {
	raw := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return raw, nil
	}
	plain, err := url.PathUnescape(raw)
	if err != nil {
		return "", fault.Wrap(err, fault.Malformed, "the path cannot be read").About(name)
	}
	return plain, nil
}

// How many things a page of a list has.
const (
	mostOfPage    = 200
	defaultOfPage = 50
)

// Page reads which part of a list is wanted: what is behind a cursor, "" for the beginning, and how many.
// What makes no sense is Invalid.
func Page(c echo.Context) (after string, limit int, err error) {
	limit = defaultOfPage
	if text := c.QueryParam("limit"); text != "" {
		limit, err = strconv.Atoi(text)
		if err != nil || limit < 1 || limit > mostOfPage {
			return "", 0, fault.New(fault.Invalid, "limit must be 1 to %d", mostOfPage).About("limit")
		}
	}
	cursor, err := base64.RawURLEncoding.DecodeString(c.QueryParam("after"))
	if err != nil {
		return "", 0, NoCursor(err)
	}
	return string(cursor), limit, nil
}

// Cursor is where the next page begins, in the form in which Page reads it.
func Cursor(after string) string { return base64.RawURLEncoding.EncodeToString([]byte(after)) }

// NoCursor is the answer to a cursor that Cursor has not made.
func NoCursor(cause error) error {
	return fault.Wrap(cause, fault.Invalid, "after must be the next of an answer before").About("after")
}
