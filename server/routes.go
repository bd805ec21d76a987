package server

import "github.com/labstack/echo/v4"

// routes is the whole surface of the main listener. docs/api/openapi.yaml describes each line, and a test
// holds the two together. Igloo's paths are found in any case (see igloo.CanonicalPath).
func (s *site) routes(e *echo.Echo) {
	const (
		attachments = "/.api2/api/v1/communities/:communityKey/attachments"
		attachment  = attachments + "/:attachmentKey"
		entry       = attachments + "/uploads/:attachmentKey"
		binary      = "/.api2/binaries/:attachmentKey"
		community   = "/v1/communities/:communityKey"
		uploads     = community + "/tus/"
		upload      = uploads + ":uploadKey"
	)

	// Igloo: create, upload, associate.
	e.POST(attachments, s.Igloo.Create, s.small)
	e.PATCH(entry, s.Igloo.Patch)
	e.HEAD(entry, s.Igloo.Status)
	e.GET(entry, s.Igloo.Entry)
	e.DELETE(entry, s.Igloo.Delete)
	e.GET(attachment, s.Igloo.Entry)
	e.HEAD(attachment, s.Igloo.Entry)
	e.DELETE(attachment, s.Igloo.Delete)
	e.POST(attachment+"/association/:objectId", s.Igloo.Associate)

	// Igloo: files.
	e.GET(binary+"/download/:name", s.Igloo.Download)
	e.HEAD(binary+"/download/:name", s.Igloo.Download)
	e.GET(binary+"/thumbnails/:name", s.Igloo.Thumbnail)
	e.HEAD(binary+"/thumbnails/:name", s.Igloo.Thumbnail)

	// tus.
	e.OPTIONS(uploads, s.Tus.Options)
	e.POST(uploads, s.Tus.Create)
	e.OPTIONS(upload, s.Tus.Options)
	e.HEAD(upload, s.Tus.Upload)
	e.PATCH(upload, s.Tus.Upload)
	e.DELETE(upload, s.Tus.Upload)
	e.POST(upload, s.Tus.Upload)
	e.GET(upload, s.Tus.Download)

	// Photos.
	e.GET(community+"/users/:objectId/photo", s.Photos.Current)
	e.HEAD(community+"/users/:objectId/photo", s.Photos.Current)
	e.DELETE(community+"/users/:objectId/photo", s.Photos.Remove)
	e.PUT(community+"/users/:objectId/photo/crop", s.Photos.Crop, s.small)
	e.GET(community+"/photos/:version/:size", s.Photos.Version)
	e.HEAD(community+"/photos/:version/:size", s.Photos.Version)

	// Pages for people.
	e.GET("/", s.Page.Home)
	e.HEAD("/", s.Page.Home)
	e.GET("/docs", s.Page.Docs)
	e.HEAD("/docs", s.Page.Docs)
	e.GET("/openapi.yaml", s.Page.Spec)
	e.HEAD("/openapi.yaml", s.Page.Spec)

	// For whoever operates it.
	e.GET("/healthz", s.Health.Alive)
	e.HEAD("/healthz", s.Health.Alive)
	e.GET("/readyz", s.Health.Ready)
	e.HEAD("/readyz", s.Health.Ready)
}
