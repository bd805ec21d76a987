// Package igloo lets clients written for Igloo say what they always said: create an upload entry, PATCH its
// bytes with Content-Range, and associate the finished attachment with a person.
//
// Every request to one entry is judged in this order, and the first "no" is the answer:
//
//  1. the session (401), the community (404), the key (404, whether missing or foreign);
//  2. the entry's state: cancelled or expired (410), refused at completion (415 with its reason);
//  3. the range's text (400), the body's length (411, 400), its Content-Type (415), its digest's text (400);
//  4. what the entry still wants: nothing when it is complete (409), a range of its length (400), at its
//     offset (416).
//
// All of that is decided before a byte of the body is read; only an exact repeat of the last request is
// read to be compared, and one byte is waited for where a query over HTTP/2 does not say that it has none.
package igloo

import (
	"context"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Config is what a Handler is made of.
type Config struct {
	Engine *storage.Engine
	Photos *association.Service
	Auth   *auth.Auth
	Clock  storage.Clock
	Pace   reply.Pace // how slowly the body of a PATCH may come
	// Finish makes true what the upload was made for in another dialect, if it is Complete and its owner asks.
	Finish func(c echo.Context, u storage.Upload) error
}

// Handler answers Igloo's paths. Its methods are echo handlers; server/routes.go says which path is whose.
type Handler struct{ Config }

// New returns a Handler over its parts.
func New(cfg Config) *Handler { return &Handler{cfg} }

// Headers are those of requests and answers that pages of other origins need for this dialect.
func Headers() (request, response []string) {
	return []string{"Content-Range", "Idempotency-Key", "Content-Digest", "Content-MD5", "X-Igloo-Auth"},
		[]string{"Location", "Range", "Upload-Length", "Upload-Offset", "Retry-After"}
}

// session returns who asks. A stranger is Unauthenticated: nothing here is public.
func (h *Handler) session(c echo.Context) (association.Actor, error) {
	actor, err := h.Auth.Actor(c)
	if err == nil {
		err = actor.Present()
	}
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, refused
	}
	return actor, err
}

// enter returns who asks, and the community of the path, of which the actor is a member.
func (h *Handler) enter(c echo.Context) (association.Actor, storage.Community, error) {
	actor, err := h.session(c)
	if err != nil {
		return actor, 0, err
	}
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return actor, 0, err
	}
	return actor, community, actor.Enter(community)
}

// look is one of Engine's ways to find an upload.
type look func(ctx context.Context, id storage.ID) (storage.Upload, error)

// seen returns who asks, and the entry of the path if they may know of it. Beside Gone the upload is
// returned too. From then on every answer says how far the upload has come.
func (h *Handler) seen(c echo.Context, by look) (association.Actor, storage.Upload, error) {
	actor, community, err := h.enter(c)
	if err != nil {
		return actor, storage.Upload{}, err
	}
	key, err := storage.ParseKey(c.Param("attachmentKey"))
	if err != nil {
		return actor, storage.Upload{}, err
	}
	u, err := find(c, by, actor, storage.ID{Community: community, Key: key})
	if u.Key != "" {
		progress(c, u)
	}
	return actor, u, err
}

// find returns the upload if the actor may see it, without settling anything. What they may not see is the
// zero Upload and the very error of a key that nobody has.
func find(c echo.Context, by look, actor association.Actor, id storage.ID) (storage.Upload, error) {
	u, err := by(c.Request().Context(), id)
	switch {
	case fault.Is(err, fault.NotFound):
		return storage.Upload{}, storage.NoUpload()
	case err != nil && !fault.Is(err, fault.Gone):
		return storage.Upload{}, err
	}
	if foreign := actor.See(u); foreign != nil {
		return storage.Upload{}, foreign
	}
	return u, err
}

// progress says in headers how far the upload has come.
func progress(c echo.Context, u storage.Upload) {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	if u.Length != storage.Unknown {
		h.Set("Upload-Length", strconv.FormatInt(u.Length, 10))
	}
	h.Del("Range")
	if u.Offset > 0 {
		h.Set("Range", "bytes=0-"+strconv.FormatInt(u.Offset-1, 10))
	}
}

// param is a path parameter without percent-encoding, which the router leaves in place when the path has
// any that matters.
func param(c echo.Context, name string) string {
	raw := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return raw
	}
	if plain, err := url.PathUnescape(raw); err == nil {
		return plain
	}
	return raw
}

// about is err with the name of the parameter that it is about.
func about(err error, param string) error {
	if err == nil {
		return nil
	}
	e := *fault.Public(err)
	return e.About(param)
}
