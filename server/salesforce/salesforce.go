// Package salesforce lets clients written for Salesforce Connect say what they always said: show, set, crop
// and remove the photo of a person, keep files to choose photos from, and sign in by OAuth 2.0.
//
// Every request to a photo is judged in this order, and the first "no" is the answer:
//
//  1. the session (401), the version of the interface and the community (404), the person (400, 404);
//  2. the right to change the person's photo (403);
//  3. what the body says (400, 415), and the picture that comes with it while it is stored (400, 413);
//  4. the stored picture's structure and the crop (400).
//
// Nothing of a request that is refused stays: the photo is what it was.
package salesforce

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Sites know the keys and secrets of sites.
type Sites interface {
	// Site returns a site, a disabled one too; NotFound.
	Site(ctx context.Context, apiKey string) (association.Site, error)
}

// Config is what a Handler is made of.
type Config struct {
	Engine  *storage.Engine
	Photos  *association.Service
	Auth    *auth.Auth
	Sealer  *auth.Sealer    // makes the addresses for e-mails
	URLs    *auth.URLSigner // for Members: signs the addresses that members are told
	Members bool            // photos are shown to members of their community only, instead of to everybody
	Pace    reply.Pace      // how slowly the body of a POST may come
	Files   Files           // what is known of them beside their uploads
	Sites   Sites           // whose servers sign in by client_credentials
	Secrets *auth.Sealer    // of sites, as they are stored

	// Default draws the picture of whoever has no photo: a PNG with sides of so many pixels.
	Default func(pixels int) ([]byte, error)
}

// Handler answers Salesforce's paths. Its methods are echo handlers; server/routes.go says which path is
// whose.
type Handler struct{ Config }

// New returns a Handler over its parts.
func New(cfg Config) *Handler { return &Handler{cfg} }

// Speaks says whether a path is one of this dialect's.
func Speaks(path string) bool {
	for _, begin := range [...]string{"/services/", "/profilephoto/", "/ncsphoto/", "/img/userprofile/"} {
		if strings.HasPrefix(path, begin) {
			return true
		}
	}
	return false
}

// caller is who asks, in which community, and in which version of the interface.
type caller struct {
	actor     association.Actor
	community storage.Community
	version   version
}

// target is a caller and the person whose photo they ask about.
type target struct {
	caller
	person association.GUID
}

// session returns who asks. A stranger is Unauthenticated.
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

// caller returns who asks in the community of the path.
func (h *Handler) caller(c echo.Context) (caller, error) {
	actor, err := h.session(c)
	if err != nil {
		return caller{}, err
	}
	v, err := parseVersion(c.Param("apiVersion"))
	if err != nil {
		return caller{}, err
	}
	community, err := parseCommunity(c, actor)
	if err != nil {
		return caller{}, err
	}
	return caller{actor, community, v}, actor.Enter(community)
}

// target returns who asks, about whom.
func (h *Handler) target(c echo.Context) (target, error) {
	who, err := h.caller(c)
	if err != nil {
		return target{}, err
	}
	if !isChatter(c) && who.version < userProfilesSince {
		return target{}, fault.New(fault.NotFound, "user-profiles begin with version 35.0")
	}
	person, err := h.person(c, who)
	return target{who, person}, err
}

// isChatter says whether something is asked for at its older path.
func isChatter(c echo.Context) bool { return strings.Contains(c.Path(), "/chatter/") }

// person finds the person of the path: me, a GUID, or an id of Salesforce that was linked or given.
func (h *Handler) person(c echo.Context, who caller) (association.GUID, error) {
	text, err := reply.Param(c, "userId")
	if err != nil {
		return "", err
	}
	if text == "me" {
		return who.actor.In(who.community), nil
	}
	ctx := c.Request().Context()
	if guid, err := association.ParseGUID(text); err == nil {
		_, err := h.Photos.Profile(ctx, who.community, guid)
		if fault.Is(err, fault.NotFound) && who.actor.Administers(who.community) { // who may add them
			err = nil
		}
		return guid, err
	}
	id, err := association.ParseIdentity(association.Salesforce, text)
	if err != nil {
		return "", noID(text)
	}
	known, err := h.Photos.Holder(ctx, who.community, id)
	return known.GUID, err
}

// methodOf is the method that a POST stands for: _HttpMethod is for clients that can say no other.
func methodOf(c echo.Context) string {
	if other := c.QueryParam("_HttpMethod"); other != "" {
		return strings.ToUpper(other)
	}
	return http.MethodPost
}

// errMethod refuses what stands in _HttpMethod as the router refuses a method.
func errMethod(c echo.Context, allowed string) error {
	c.Response().Header().Set(echo.HeaderAllow, allowed)
	return echo.ErrMethodNotAllowed
}
