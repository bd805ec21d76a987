package photos

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
)

// How long an answer may be kept by whoever got it.
const (
	asked   = "no-cache"                    // it is asked for each time whether it is still right
	forever = "max-age=31536000, immutable" // a year, which is as long as anybody may say
)

// serve writes a picture, or 304 to those who have it.
func (h *Handler) serve(c echo.Context, p association.Picture, caching string) error {
	r, head := p.Rendition, c.Response().Header()
	tag, made := reply.ETag(r.CRC, r.Length), p.Photo.Created.Time()
	if reply.Unchanged(c.Request().Header, tag, made) {
		h.describeBytes(head, tag, caching)
		return c.NoContent(http.StatusNotModified)
	}
	b, err := h.Photos.ReadRendition(c.Request().Context(), r)
	if err != nil {
		return err
	}
	h.describeBytes(head, tag, caching)
	head.Set("Last-Modified", made.Format(http.TimeFormat))
	return send(c, r.Type, b)
}

// describeBytes says in headers how an answer may be cached and shown.
func (h *Handler) describeBytes(head http.Header, tag, caching string) {
	scope := "public, "
	if h.Members {
		scope = "private, "
	} else {
		head.Set("Cross-Origin-Resource-Policy", "cross-origin") // any page may show a public photo
	}
	head.Set("ETag", tag)
	head.Set("Cache-Control", scope+caching)
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
}

// send writes bytes, or to HEAD what GET would say of them.
func send(c echo.Context, mediaType string, b []byte) error {
	c.Response().Header().Set("Content-Length", strconv.Itoa(len(b)))
	if c.Request().Method == http.MethodHead {
		c.Response().Header().Set("Content-Type", mediaType)
		return c.NoContent(http.StatusOK)
	}
	return c.Blob(http.StatusOK, mediaType, b)
}
