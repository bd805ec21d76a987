package server

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"cameo/server/auth"
	"cameo/server/igloo"
	"cameo/server/resumable"
	"cameo/server/tus"
)

// preflightLife is how long a browser may remember what it was allowed, in seconds.
const preflightLife = 7200

// crossOrigin lets pages of the allowed origins use every route with the cookies of the people who use them,
// and tells browsers so (Cross-Origin Resource Sharing). Nobody else's pages learn anything.
func (s *site) crossOrigin() echo.MiddlewareFunc {
	request, response := crossOriginHeaders()
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper: func(c echo.Context) bool {
			if !s.Auth.Guard().AllowsAny() {
				return true
			}
			r := c.Request() // OPTIONS alone asks what a dialect can do
			return r.Method == http.MethodOptions && r.Header.Get(echo.HeaderAccessControlRequestMethod) == ""
		},
		AllowOriginFunc:  func(from string) (bool, error) { return s.Auth.Guard().Allows(from), nil },
		AllowCredentials: true,
		AllowHeaders:     request, ExposeHeaders: response,
		MaxAge: preflightLife,
	})
}

// crossOriginHeaders are those that a page may send and read, of all dialects together.
func crossOriginHeaders() (request, response []string) {
	request = []string{
		"Accept", "Authorization", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
		"Range", auth.CSRFHeader,
	}
	response = []string{
		"Accept-Ranges", "Allow", "Content-Disposition", "Content-Length", "Content-Range", "ETag",
		"Last-Modified", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate",
		"X-Request-Id",
	}
	for _, headers := range []func() (request, response []string){
		igloo.Headers, tus.Headers, resumable.Headers,
	} {
		more, answered := headers()
		request, response = append(request, more...), append(response, answered...)
	}
	slices.Sort(request)
	slices.Sort(response)
	return slices.Compact(request), slices.Compact(response)
}

// publicPhotos is anyOrigin unless photos are for members.
func (s *site) publicPhotos(next echo.HandlerFunc) echo.HandlerFunc {
	if s.Photos.Members {
		return next
	}
	return anyOrigin(next)
}

// anyOrigin lets pages of all origins read what everybody may see, without anybody's cookies.
func anyOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		if h.Get(echo.HeaderAccessControlAllowOrigin) == "" {
			h.Set(echo.HeaderAccessControlAllowOrigin, "*")
			h.Set(echo.HeaderAccessControlExposeHeaders, "ETag, X-Request-Id")
		}
		return next(c)
	}
}
