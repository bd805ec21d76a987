package reply

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// Origin is how the client of c reaches the service: by the public URL, or if that is "" as this request has.
// There are clients that do not understand an address without it.
func Origin(c echo.Context, public string) string {
	if public != "" {
		return strings.TrimSuffix(public, "/")
	}
	return c.Scheme() + "://" + c.Request().Host
}
