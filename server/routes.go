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

	// Igloo: files.
	e.GET(binary+"/download/:name", s.Igloo.Download)
	e.HEAD(binary+"/download/:name", s.Igloo.Download)
	e.GET(binary+"/thumbnails/:name", s.Igloo.Thumbnail)
	e.HEAD(binary+"/thumbnails/:name", s.Igloo.Thumbnail)

	// Photos.
	e.GET(community+"/users/:objectId/photo", s.Photos.Current)
	e.HEAD(community+"/users/:objectId/photo", s.Photos.Current)
	e.DELETE(community+"/users/:objectId/photo", s.Photos.Remove)
	e.PUT(community+"/users/:objectId/photo/crop", s.Photos.Crop, s.small)
	e.GET(community+"/photos/:version/:size", s.Photos.Version)
	e.HEAD(community+"/photos/:version/:size", s.Photos.Version)

	e.GET(community+"/users/:objectId/photos", s.Photos.Versions)
	e.POST(community+"/photos/:version/restore", s.Photos.Restore, s.small)
	e.POST(community+"/photos/:version/recrop", s.Photos.Recrop, s.small)

	s.people(e, community)

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

// people are the routes of those who belong to a community.
func (s *site) people(e *echo.Echo, community string) {
	const (
		users    = "/users"
		user     = users + "/:objectId"
		identity = user + "/identities/:system/:name"
	)
	e.GET(community+users, s.People.Find)
	e.GET(community+user, s.People.Show)
	e.PUT(community+user, s.People.Rename, s.small)
	e.PUT(community+identity, s.People.Link, s.small)
	e.DELETE(community+identity, s.People.Unlink)
	e.POST(community+user+"/merge", s.People.Merge, s.small)
	e.POST(community+user+"/disable", s.People.Disable, s.small)
	e.POST(community+user+"/enable", s.People.Enable, s.small)
	e.GET(community+"/uploads", s.People.Uploads)
	e.GET(community+"/audit", s.People.Audit)
}
