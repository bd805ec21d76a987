package photos

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
)

// caching says by whom and how long an answer may be kept: values of Cache-Control, which are shared and
// never changed in place.
type caching []string

// keptAs is the caching of photos that may be kept so by whoever may see them.
func (c Config) keptAs(how string) caching {
	if c.Members {
		return caching{"private, " + how}
	}
	return caching{"public, " + how}
}

// What does not change from answer to answer, likewise shared.
var (
	anyPage = []string{"cross-origin"} // may show a public photo
	nothing = []string{"default-src 'none'; style-src 'unsafe-inline'; sandbox"}
)

// serve writes a picture, or 304 to those who have it. It returns the picture's bytes if they were written.
func (h *Handler) serve(c echo.Context, p association.Picture, keep caching) ([]byte, error) {
	r, head := p.Rendition, c.Response().Header()
	tag, made := reply.ETag(r.CRC, r.Length), p.Photo.Created.Time()
	if reply.Unchanged(c.Request().Header, tag, made) {
		h.describeBytes(head, tag, keep)
		return nil, c.NoContent(http.StatusNotModified)
	}
	b, err := h.Photos.ReadRendition(c.Request().Context(), r)
	if err != nil {
		return nil, err
	}
	h.describeBytes(head, tag, keep)
	head["Last-Modified"] = []string{made.Format(http.TimeFormat)}
	return b, send(c, r.Type, b)
}

// describeBytes says in headers how an answer may be cached and shown.
func (h *Handler) describeBytes(head http.Header, tag string, keep caching) {
	if !h.Members {
		head["Cross-Origin-Resource-Policy"] = anyPage
	}
	head["Etag"] = []string{tag}
	head["Cache-Control"] = keep
	head["Content-Security-Policy"] = nothing
}

// send writes bytes, or to HEAD what GET would say of them.
func send(c echo.Context, mediaType string, b []byte) error {
	c.Response().Header()["Content-Length"] = []string{strconv.Itoa(len(b))}
	if c.Request().Method == http.MethodHead {
		c.Response().Header().Set("Content-Type", mediaType)
		return c.NoContent(http.StatusOK)
	}
	return c.Blob(http.StatusOK, mediaType, b)
}
