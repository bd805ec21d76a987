package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/rate"
	"cameo/server/replay"
)

// Enter is replay.Host's. What limitAddress and admit hold a stranger's request to that names a photo, it is
// held to here.
func (s *site) Enter(remote, forwarded string) (client string, ok bool) {
	r := &http.Request{RemoteAddr: remote}
	if forwarded != "" {
		r.Header = http.Header{echo.HeaderXForwardedFor: {forwarded}}
	}
	client = s.ip(r)
	from := rate.Address(client)
	if _, ok := s.Rates.Misses.Look(from); !ok {
		return "", false
	}
	_, ok = s.Rates.Address.Take(from, 1)
	return client, ok
}

// Record is replay.Host's.
func (s *site) Record(a *replay.Answer, number, client string, began time.Time) {
	end, ctx := s.Pace.Now(), context.Background()
	s.Metrics.Count(a.Route, http.MethodGet, a.Status, end.Sub(began))
	if s.Log.Enabled(ctx, slog.LevelInfo) {
		s.write(ctx, requestLine(end, slog.String("id", number), http.MethodGet, a.Route, a.Status, 0,
			int64(len(a.Body)), end.Sub(began), client))
	}
}
