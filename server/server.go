// Package server lets each kind of client speak to Cameo in its own words. It joins the dialects into one
// http.Handler, and holds what all of them share: the list of routes, the one place where errors become
// answers, and the log of requests.
package server

import (
	"io"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/gigya"
	"cameo/server/igloo"
	"cameo/server/ops"
	"cameo/server/page"
	"cameo/server/people"
	"cameo/server/photos"
	"cameo/server/rate"
	"cameo/server/replay"
	"cameo/server/reply"
	"cameo/server/resumable"
	"cameo/server/salesforce"
	"cameo/server/sessions"
	"cameo/server/tus"
)

// Parts are the rooms of the house, made by server/boot.
type Parts struct {
	Auth     *auth.Auth
	Gigya    *gigya.Handler
	Igloo    *igloo.Handler
	Tus      *tus.Handler
	Uploads  *resumable.Handler
	Connect  *salesforce.Handler
	Photos   *photos.Handler
	People   *people.Handler
	Sessions *sessions.Handler
	Page     *page.Handler
	Health   *ops.Health
	Metrics  *ops.Metrics
	Log      *slog.Logger
	Random   io.Reader // numbers requests
	Rates    rate.Limits
	Again    *replay.Answers // nil: all requests go their usual way
}

// site is what the middleware and the error handler know.
type site struct {
	Config
	Parts
	ip echo.IPExtractor
}

// New returns the handler of the main listener.
func New(cfg Config, parts Parts) http.Handler {
	s := &site{Config: cfg, Parts: parts}
	s.ip = s.clientIP()
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard) // echo's own log would be a second one
	e.IPExtractor = s.ip
	e.HTTPErrorHandler = s.fail
	// Before the router, so that requests for which there is no route are counted, named and logged like all
	// others.
	e.Pre(s.number, s.pace, s.record, s.safeguard, s.forwarded, reply.Framing, s.limitAddress, canonicalPath,
		s.recover)
	e.Use(s.crossOrigin(), s.limitActor)
	s.routes(e)
	if s.Again != nil {
		s.Again.Serve(s)
	}
	return e
}

// clientIP is the address of the connection, unless a trusted proxy says whom it speaks for.
func (s *site) clientIP() echo.IPExtractor {
	if len(s.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{
		echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false),
	}
	for _, p := range s.TrustedProxies {
		trust = append(trust, echo.TrustIPRange(network(p)))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
