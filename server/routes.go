package server

import "github.com/labstack/echo/v4"

// community is where all that is a community's stands, but for the words of other systems.
const community = "/v1/communities/:communityKey"

// routes is the whole surface of the main listener. docs/api/openapi.yaml describes each line, and a test
// holds the two together.
func (s *site) routes(e *echo.Echo) {
	s.iglooRoutes(e)
	s.tusRoutes(e)
	s.resumableRoutes(e)
	s.salesforceRoutes(e)
	s.gigyaRoutes(e)
	s.photoRoutes(e)
	s.peopleRoutes(e)
	s.sessionRoutes(e)
	s.pageRoutes(e)
	s.healthRoutes(e)
}

// iglooRoutes are found in any case (see igloo.CanonicalPath).
func (s *site) iglooRoutes(e *echo.Echo) {
	const (
		attachments = "/.api2/api/v1/communities/:communityKey/attachments"
		attachment  = attachments + "/:attachmentKey"
		entry       = attachments + "/uploads/:attachmentKey"
		binary      = "/.api2/binaries/:attachmentKey"
	)

	// Create, upload, associate.
	e.POST(attachments, s.Igloo.Create, s.small)
	e.PATCH(entry, s.Igloo.Patch)
	e.HEAD(entry, s.Igloo.Status)
	e.GET(entry, s.Igloo.Entry)
	e.DELETE(entry, s.Igloo.Delete)
	e.GET(attachment, s.Igloo.Entry)
	e.HEAD(attachment, s.Igloo.Entry)
	e.DELETE(attachment, s.Igloo.Delete)
	e.POST(attachment+"/association/:objectId", s.Igloo.Associate)

	// Sessions.
	e.POST("/.api/api.svc/session/create", s.Igloo.CreateSession, s.small, s.sameSite, s.limitSignIn)

	// Files.
	e.GET(binary+"/download/:name", s.Igloo.Download)
	e.HEAD(binary+"/download/:name", s.Igloo.Download)
	e.GET(binary+"/thumbnails/:name", s.Igloo.Thumbnail)
	e.HEAD(binary+"/thumbnails/:name", s.Igloo.Thumbnail)
}

func (s *site) tusRoutes(e *echo.Echo) {
	const (
		uploads = community + "/tus/"
		upload  = uploads + ":uploadKey"
	)
	e.OPTIONS(uploads, s.Tus.Options)
	e.POST(uploads, s.Tus.Create)
	e.OPTIONS(upload, s.Tus.Options)
	e.HEAD(upload, s.Tus.Upload)
	e.PATCH(upload, s.Tus.Upload)
	e.DELETE(upload, s.Tus.Upload)
	e.POST(upload, s.Tus.Upload)
	e.GET(upload, s.Tus.Download)
}

func (s *site) resumableRoutes(e *echo.Echo) {
	const (
		uploads = community + "/uploads"
		upload  = uploads + "/:attachmentKey"
	)
	e.OPTIONS(uploads, s.Uploads.Options)
	e.POST(uploads, s.Uploads.Create)
	e.OPTIONS(upload, s.Uploads.UploadOptions)
	e.HEAD(upload, s.Uploads.State)
	e.GET(upload, s.Uploads.State)
	e.PATCH(upload, s.Uploads.Append)
	e.DELETE(upload, s.Uploads.Cancel)
}

// salesforceRoutes are those of Salesforce Connect.
func (s *site) salesforceRoutes(e *echo.Echo) {
	const (
		connect     = "/services/data/:apiVersion/connect"
		communities = connect + "/communities/:communityId"
		photo       = "/user-profiles/:userId/photo"
		older       = "/chatter/users/:userId/photo"
	)
	for _, at := range [...]string{connect + photo, communities + photo} {
		e.GET(at, s.Connect.GetPhoto)
		e.HEAD(at, s.Connect.GetPhoto)
		e.POST(at, s.Connect.PostPhoto)
		e.DELETE(at, s.Connect.DeletePhoto)
	}
	for _, at := range [...]string{"/services/data/:apiVersion" + older, communities + older} {
		e.GET(at, s.Connect.GetPhoto)
		e.HEAD(at, s.Connect.GetPhoto)
		e.POST(at, s.Connect.PostPhoto)
	}
	e.GET("/services/data", s.Connect.Versions)
	e.GET("/services/data/", s.Connect.Versions)

	s.salesforceFileRoutes(e, connect, communities)

	// Signing in.
	e.POST("/services/oauth2/token", s.Connect.Token, s.small, s.sameSite, s.limitSignIn)
	e.GET("/services/oauth2/userinfo", s.Connect.UserInfo)

	// Pictures.
	e.GET("/profilephoto/:version/:size", s.Connect.ProfilePhoto, s.publicPhotos)
	e.HEAD("/profilephoto/:version/:size", s.Connect.ProfilePhoto, s.publicPhotos)
	e.GET("/ncsphoto/:token", s.Connect.EmailPhoto, anyOrigin)
	e.HEAD("/ncsphoto/:token", s.Connect.EmailPhoto, anyOrigin)
	e.GET("/img/userprofile/:name", s.Connect.DefaultPhoto, anyOrigin)
	e.HEAD("/img/userprofile/:name", s.Connect.DefaultPhoto, anyOrigin)
}

// salesforceFileRoutes are those of files, also below communities and, for the SDK for Android, chatter.
func (s *site) salesforceFileRoutes(e *echo.Echo, connect, communities string) {
	const chatter = "/services/data/:apiVersion/chatter"
	for _, at := range [...]string{
		connect + "/files/users/:userId", communities + "/files/users/:userId", chatter + "/users/:userId/files",
	} {
		e.POST(at, s.Connect.PostFile)
	}
	for _, at := range [...]string{connect, communities, chatter} {
		e.GET(at+"/files/:fileId", s.Connect.GetFile)
		e.POST(at+"/files/:fileId", s.Connect.PostVersion)
		e.DELETE(at+"/files/:fileId", s.Connect.DeleteFile)
		e.GET(at+"/files/:fileId/content", s.Connect.FileContent)
	}
}

func (s *site) photoRoutes(e *echo.Echo) {
	e.GET(community+"/users/:objectId/photo", s.Photos.Current, s.publicPhotos)
	e.HEAD(community+"/users/:objectId/photo", s.Photos.Current, s.publicPhotos)
	e.DELETE(community+"/users/:objectId/photo", s.Photos.Remove)
	e.PUT(community+"/users/:objectId/photo/crop", s.Photos.Crop, s.small)
	e.GET(community+"/photos/:version/:size", s.Photos.Version, s.publicPhotos)
	e.HEAD(community+"/photos/:version/:size", s.Photos.Version, s.publicPhotos)
	e.GET(community+"/users/:objectId/photos", s.Photos.Versions)
	e.POST(community+"/photos/:version/restore", s.Photos.Restore, s.small)
	e.POST(community+"/photos/:version/recrop", s.Photos.Recrop, s.small)
}

func (s *site) sessionRoutes(e *echo.Echo) {
	e.POST("/v1/session", s.Sessions.Create, s.small, s.sameSite, s.limitSignIn)
	e.GET("/v1/session", s.Sessions.Current)
	e.DELETE("/v1/session", s.Sessions.SignOut)
	e.GET("/v1/sessions", s.Sessions.List)
	e.DELETE("/v1/sessions", s.Sessions.EndOthers)
	e.DELETE("/v1/sessions/:sessionId", s.Sessions.End)
}

// pageRoutes are for people who look.
func (s *site) pageRoutes(e *echo.Echo) {
	e.GET("/", s.Page.Home)
	e.HEAD("/", s.Page.Home)
	e.GET("/signin", s.Page.SignInForm)
	e.POST("/signin", s.Page.SignIn, s.small, s.sameSite, s.limitSignIn)
	e.GET("/signin/start", s.Page.Start)
	e.GET("/signin/callback", s.Page.Callback)
	e.GET("/signin/link", s.Page.Link)
	e.POST("/signin/link", s.Page.FollowLink, s.small, s.sameSite)
	e.POST("/signout", s.Page.SignOut, s.small, s.sameSite)
	e.GET("/docs", s.Page.Docs)
	e.HEAD("/docs", s.Page.Docs)
	e.GET("/js/:script", s.Page.Script, anyOrigin)
	e.HEAD("/js/:script", s.Page.Script, anyOrigin)
	e.GET("/favicon.ico", s.Page.Icon)
	e.HEAD("/favicon.ico", s.Page.Icon)
	e.GET("/openapi.yaml", s.Page.Spec)
	e.HEAD("/openapi.yaml", s.Page.Spec)
}

// healthRoutes are for whoever operates it.
func (s *site) healthRoutes(e *echo.Echo) {
	e.GET("/healthz", s.Health.Alive)
	e.HEAD("/healthz", s.Health.Alive)
	e.GET("/readyz", s.Health.Ready)
	e.HEAD("/readyz", s.Health.Ready)
}

// peopleRoutes are those of those who belong to a community.
func (s *site) peopleRoutes(e *echo.Echo) {
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

// gigyaRoutes are methods, each by GET and by POST. Who guesses at secrets is stopped as one who guesses at
// passwords.
func (s *site) gigyaRoutes(e *echo.Echo) {
	for path, method := range map[string]echo.HandlerFunc{
		// Photos.
		"/accounts.setProfilePhoto":     s.Gigya.SetProfilePhoto,
		"/accounts.importProfilePhoto":  s.Gigya.ImportProfilePhoto,
		"/accounts.uploadProfilePhoto":  s.Gigya.UploadProfilePhoto,
		"/accounts.publishProfilePhoto": s.Gigya.PublishProfilePhoto,
		"/accounts.removeProfilePhoto":  s.Gigya.RemoveProfilePhoto,
		"/accounts.getProfilePhoto":     s.Gigya.GetProfilePhoto,

		// People.
		"/accounts.getAccountInfo":    s.Gigya.GetAccountInfo,
		"/socialize.setUserInfo":      s.Gigya.SetUserInfo,
		"/socialize.getUserInfo":      s.Gigya.GetUserInfo,
		"/socialize.getSavedResponse": s.Gigya.GetSavedResponse,

		// Sites.
		"/accounts.getPolicies": s.Gigya.GetPolicies,
		"/accounts.setPolicies": s.Gigya.SetPolicies,

		// Tokens and sessions.
		"/socialize.getToken":            s.Gigya.GetToken,
		"/accounts.initRegistration":     s.Gigya.InitRegistration,
		"/accounts.register":             s.Gigya.Register,
		"/accounts.finalizeRegistration": s.Gigya.FinalizeRegistration,
		"/accounts.login":                s.Gigya.Login,
		"/accounts.notifyLogin":          s.Gigya.NotifyLogin,
	} {
		e.GET(path, method, s.limitSignIn)
		e.POST(path, method, s.limitSignIn)
	}
}
