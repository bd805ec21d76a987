package page

import (
	"embed"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/minio/crc64nvme"

	"cameo/server/reply"
)

// Our client for browsers, for anybody's pages, and what our own page does with it.
//
//go:embed js/*.js
var scripts embed.FS

// Script answers with a script of ours. Any page may use it.
func (h *Handler) Script(c echo.Context) error {
	name := c.Param("script")
	text, err := scripts.ReadFile("js/" + name)
	if err != nil {
		return echo.ErrNotFound
	}
	head := c.Response().Header()
	tag := reply.ETag(crc64nvme.Checksum(text), int64(len(text)))
	head.Set("ETag", tag)
	head.Set("Cache-Control", "no-cache")
	head.Set("Access-Control-Allow-Origin", "*")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if reply.Matches(c.Request().Header, tag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", text)
}
