package tus

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	tusd "github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// version is the only version of the protocol that is spoken.
const version = "1.0.0"

// segment stands in every address before the upload's key; behind it the library finds keys of parts.
const segment = "/tus/"

// extra are the extensions that are added around the library's own.
const extra = ",expiration,checksum,checksum-trailer"

// Config is what a Handler is made of.
type Config struct {
	Engine *storage.Engine
	Auth   *auth.Auth
	Pace   reply.Pace // how slowly a body may come
	Public string     // URL by which clients reach the service; "": as each of them does

	// Begin judges a creation before anything is made: the type, the right to the wish. It returns what is to be
	// created.
	Begin func(ctx context.Context, actor auth.Actor, n storage.New) (storage.New, error)
	// Finish makes true what the upload wishes, if it is Complete and its owner asks. It may be called again
	// after it was done.
	Finish func(c echo.Context, u storage.Upload) error
}

// Handler answers tus's paths. Its methods are echo handlers; server/routes.go says which path is whose.
type Handler struct {
	Config
	library http.Handler
}

// New returns a Handler over its parts.
func New(cfg Config) (*Handler, error) {
	parts := tusd.NewStoreComposer()
	parts.UseCore(store{})
	parts.UseTerminater(store{})
	parts.UseConcater(store{})
	parts.UseLengthDeferrer(store{})
	library, err := tusd.NewHandler(tusd.Config{
		StoreComposer: parts, BasePath: segment, MaxSize: cfg.maxSize(),
		DisableDownload: true, Cors: &tusd.CorsConfig{Disable: true},
		Logger: slog.New(silent{}),
		// For so long goroutines of the library outlive each request. Nothing here needs that time.
		GracefulRequestCompletionTimeout: time.Nanosecond,
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the tus handler cannot be made")
	}
	return &Handler{Config: cfg, library: library}, nil
}

// maxSize is that of one upload in bytes.
func (c Config) maxSize() int64 {
	if c.Engine == nil { // only the routes are wanted
		return 0
	}
	return c.Engine.Limits.MaxSize
}

// CanonicalPath adds the slash at the end of the path where uploads are made: most clients are told that
// address by hand. Other paths come back unchanged.
func CanonicalPath(path string) string {
	below, ok := strings.CutPrefix(path, "/v1/communities/")
	if _, rest, _ := strings.Cut(below, "/"); ok && rest == strings.Trim(segment, "/") {
		return path + "/"
	}
	return path
}

// Headers lists what a browser's page of another origin must be allowed to send, and to see of an answer.
func Headers() (request, response []string) {
	request = []string{
		"Authorization", "Content-Type", "Tus-Resumable", "Upload-Checksum", "Upload-Concat",
		"Upload-Defer-Length", "Upload-Length", "Upload-Metadata", "Upload-Offset",
		"Want-Repr-Digest", "X-HTTP-Method-Override", "X-Request-Id", "X-Requested-With",
	}
	response = []string{
		"Location", "Repr-Digest", "Retry-After", "Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size",
		"Tus-Resumable", "Tus-Version", "Upload-Concat", "Upload-Defer-Length", "Upload-Expires", "Upload-Length",
		"Upload-Metadata", "Upload-Offset", "X-Request-Id",
	}
	return request, response
}

// silent keeps the library from logging: requests and failures are logged once, by the house.
type silent struct{}

// Enabled is never.
func (silent) Enabled(context.Context, slog.Level) bool { return false }

// Handle does nothing.
func (silent) Handle(context.Context, slog.Record) error { return nil }

// WithAttrs changes nothing.
func (s silent) WithAttrs([]slog.Attr) slog.Handler { return s }

// WithGroup changes nothing.
func (s silent) WithGroup(string) slog.Handler { return s }
