package tus

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Options tells what is spoken here. Anybody may ask.
func (h *Handler) Options(c echo.Context) error { return h.exchange(c, auth.Actor{}).pass() }

// Create makes an upload, a part of one, or joins parts; the upload's first bytes may come with it.
func (h *Handler) Create(c echo.Context) error {
	actor, community, err := h.member(c)
	if err != nil {
		return err
	}
	x := h.exchange(c, actor)
	x.u.Community = community
	if x.meta, err = parseMetadata(c.Request().Header.Values("Upload-Metadata")); err != nil {
		return err
	}
	return x.pass()
}

// Upload answers HEAD, PATCH and DELETE of an upload, and POST with X-HTTP-Method-Override for clients that
// can say no other.
func (h *Handler) Upload(c echo.Context) error {
	actor, community, err := h.member(c)
	if err != nil {
		return err
	}
	x := h.exchange(c, actor)
	if x.u, err = x.find(c.Request().Context(), community, c.Param("uploadKey")); err != nil {
		return err
	}
	if x.method != http.MethodDelete && x.u.State == storage.Failed {
		return x.u.Closed()
	}
	if x.method == http.MethodHead && x.owns() {
		if x.u, err = h.Engine.Status(c.Request().Context(), x.u.ID); err != nil {
			return err
		}
	}
	return x.pass()
}

// member returns who asks, and the community of the path, of which the actor is a member. A stranger is
// Unauthenticated: nothing here is public.
func (h *Handler) member(c echo.Context) (auth.Actor, storage.Community, error) {
	actor, err := h.Auth.Actor(c)
	if err == nil {
		err = actor.Present()
	}
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, 0, refused
	}
	if err != nil {
		return actor, 0, err
	}
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return actor, 0, err
	}
	return actor, community, actor.Enter(community)
}

// find returns the upload if the actor may see it. What they may not see is the very error of a key that
// nobody has.
func (x *exchange) find(
	ctx context.Context, community storage.Community, name string,
) (storage.Upload, error) {
	key, err := storage.ParseKey(name)
	if err != nil {
		return storage.Upload{}, err
	}
	look := x.h.Engine.Find
	if x.method == http.MethodPatch {
		look = x.h.Engine.Resume
	}
	u, err := look(ctx, storage.ID{Community: community, Key: key})
	if fault.Is(err, fault.NotFound) {
		return storage.Upload{}, storage.NoUpload()
	}
	if u.Key != "" {
		if foreign := x.actor.See(u); foreign != nil {
			return storage.Upload{}, foreign
		}
	}
	return u, err
}

// method is the one that the client means.
func method(r *http.Request) string {
	if other := r.Header.Get("X-HTTP-Method-Override"); r.Method == http.MethodPost && other != "" {
		return strings.ToUpper(other)
	}
	return r.Method
}
