package reply

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Framing refuses TRACE with 405, and ends the connection after every request whose end two machines could
// see at different places: chunked bodies, and all of HTTP/1.0. Whatever a proxy in front believed, nothing
// behind such a request is read as a request of somebody else, so none can be smuggled. It must stand before
// the router (Pre).
//
// What contradicts itself is refused below, by Guard: net/http hides it from handlers.
func Framing(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, h := c.Request(), c.Response().Header()
		old := r.ProtoMajor == 1
		if old && (r.ProtoMinor == 0 || len(r.TransferEncoding) > 0) {
			h.Set("Connection", "close")
		}
		if r.Method != http.MethodTrace {
			return next(c)
		}
		if old {
			h.Set("Connection", "close")
		}
		h.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
		return echo.ErrMethodNotAllowed
	}
}
