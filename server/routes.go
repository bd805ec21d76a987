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

	// Igloo: sessions.
	e.POST("/.api/api.svc/session/create", s.Igloo.CreateSession, s.small, s.sameSite)

	// Igloo: files.
	e.GET(binary+"/download/:name", s.Igloo.Download)
	e.HEAD(binary+"/download/:name", s.Igloo.Download)
	e.GET(binary+"/thumbnails/:name", s.Igloo.Thumbnail)
	e.HEAD(binary+"/thumbnails/:name", s.Igloo.Thumbnail)

	// Photos.
	e.GET(community+"/users/:objectId/photo", s.Photos.Current, s.publicPhotos)
	e.HEAD(community+"/users/:objectId/photo", s.Photos.Current, s.publicPhotos)
	e.DELETE(community+"/users/:objectId/photo", s.Photos.Remove)
	e.PUT(community+"/users/:objectId/photo/crop", s.Photos.Crop, s.small)
	e.GET(community+"/photos/:version/:size", s.Photos.Version, s.publicPhotos)
	e.HEAD(community+"/photos/:version/:size", s.Photos.Version, s.publicPhotos)

	// Sessions.
	e.POST("/v1/session", s.Sessions.Create, s.small, s.sameSite)
	e.GET("/v1/session", s.Sessions.Current)
	e.DELETE("/v1/session", s.Sessions.SignOut)
	e.GET("/v1/sessions", s.Sessions.List)
	e.DELETE("/v1/sessions", s.Sessions.EndOthers)
	e.DELETE("/v1/sessions/:sessionId", s.Sessions.End)

	s.pages(e)
}

// pages are the routes for people, and for whoever operates it.
func (s *site) pages(e *echo.Echo) {
	e.GET("/", s.Page.Home)
	e.HEAD("/", s.Page.Home)
	e.GET("/signin", s.Page.SignInForm)
	e.POST("/signin", s.Page.SignIn, s.small, s.sameSite)
	e.GET("/signin/start", s.Page.Start)
	e.GET("/signin/callback", s.Page.Callback)
	e.GET("/signin/link", s.Page.Link)
	e.POST("/signout", s.Page.SignOut, s.small, s.sameSite)
	e.GET("/docs", s.Page.Docs)
	e.HEAD("/docs", s.Page.Docs)
	e.GET("/js/:script", s.Page.Script, anyOrigin)
	e.HEAD("/js/:script", s.Page.Script, anyOrigin)
	e.GET("/openapi.yaml", s.Page.Spec)
	e.HEAD("/openapi.yaml", s.Page.Spec)

	// For whoever operates it.
	e.GET("/healthz", s.Health.Alive)
	e.HEAD("/healthz", s.Health.Alive)
	e.GET("/readyz", s.Health.Ready)
	e.HEAD("/readyz", s.Health.Ready)
}
