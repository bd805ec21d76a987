// Package gigya lets clients written for Gigya (SAP Customer Data Cloud) say what they always said: the
// methods accounts.*ProfilePhoto, accounts.getAccountInfo, socialize.setUserInfo and those that they need,
// over the photos and people of a community. A site is the key by which a client names the community.
//
// Only the path says which method is meant, whatever the host. Every call is judged in this order, and the
// first "no" is the answer: its parameters can be read; the site is there (400093); who calls (see
// authorize); no parameter is unknown, if checkParams asks for that; whom it is about; the method's own
// parameters.
package gigya

import (
	"context"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/semaphore"

	"cameo/association"
	"cameo/association/fetch"
	"cameo/association/imaging"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
)

// Sites know keys, secrets and what was signed with them. What is not there is NotFound.
type Sites interface {
	// Site returns a site with its origins, a disabled one too.
	Site(ctx context.Context, apiKey string) (association.Site, error)
	// SiteKey returns a user's key of a site.
	SiteKey(ctx context.Context, apiKey, userKey string) (association.SiteKey, error)
	// SetThumbnail changes the size of a site's next thumbnails.
	SetThumbnail(ctx context.Context, apiKey string, size association.Box) error
	// KeepAnswer keeps an answer under an id that only one client knows.
	KeepAnswer(ctx context.Context, id, answer string, until storage.Millis) error
	// Answer returns it while it is good.
	Answer(ctx context.Context, id string, now storage.Millis) (string, error)
}

// Once remembers what is over once it has happened, at whatever node.
type Once interface {
	// Burn says whether a text is new, and remembers it; of many who ask at once, one is told so.
	Burn(ctx context.Context, what string, until storage.Millis) (bool, error)
	// Burnt says whether a text is remembered.
	Burnt(ctx context.Context, what string) (bool, error)
}

// Shelf keeps what this dialect has of photos beside the album. What is not there is NotFound.
type Shelf interface {
	// SetTemporary keeps the photo that a person has sent last.
	SetTemporary(ctx context.Context, t association.Temporary) error
	// Temporary returns it.
	Temporary(ctx context.Context, c storage.Community, person association.GUID) (association.Temporary, error)
	// DropTemporary forgets it, unless another was sent since.
	DropTemporary(ctx context.Context, t association.Temporary) error
	// KeepThumbnail keeps a thumbnail, unless the photo has one.
	KeepThumbnail(ctx context.Context, t association.Thumbnail) error
	// Thumbnail returns a photo's.
	Thumbnail(ctx context.Context, v association.Version) (association.Thumbnail, error)
}

// Profiles keep what is said of people, as the text of a JSON object.
type Profiles interface {
	// Profile returns it, and when it was changed; NotFound.
	Profile(ctx context.Context, c storage.Community, person association.GUID) (string, storage.Millis, error)
	// SetProfile changes it. change may be called more than once.
	SetProfile(ctx context.Context, c storage.Community, person association.GUID, now storage.Millis,
		change func(before string) (string, error)) error
}

// Config is what a Handler is made of.
type Config struct {
	Engine   *storage.Engine
	Photos   *association.Service
	Auth     *auth.Auth
	Sites    Sites
	Once     Once
	Shelf    Shelf
	Profiles Profiles
	Fetcher  *fetch.Fetcher
	// Trim judges a picture and trims it, see association.Worker.
	Trim func(ctx context.Context, file []byte, size association.Box) (imaging.Rendition, error)

	Secrets *auth.Sealer // of sites, as they are stored
	Tokens  *auth.Sealer // of what clients are given
	// Derive returns the secret of a session, always the same one.
	Derive func(session string) []byte
	// AddUser lets a person sign in by a name and a password. A name that another has is Exists.
	AddUser func(ctx context.Context, c storage.Community, person association.GUID, name, password string) error
	Public  []string        // URLs by which clients reach the service; none: whatever they say
	Members bool            // photos are shown to members only
	URLs    *auth.URLSigner // for Members
	Clock   storage.Clock
	Random  io.Reader
	Pace    reply.Pace // how slowly a body may come
}

// photosAtOnce is how many calls that carry a photo are read and judged at the same time: each holds up to
// twice the photo in memory.
const photosAtOnce = 8

// Handler answers Gigya's paths. Its exported methods are echo handlers; server/routes.go says which path is
// whose.
type Handler struct {
	Config
	photos *semaphore.Weighted
}

// New returns a Handler over its parts.
func New(cfg Config) *Handler { return &Handler{cfg, semaphore.NewWeighted(photosAtOnce)} }

// method is one of Gigya's.
type method struct {
	params []string // of its own, in lower case
	run    func(*call) (object, error)
	open   bool // finds out by itself who calls
	photo  bool // may carry a photo in its body
	heavy  bool // holds a photo in memory that is none of its body's
}

// call is one request of a client.
type call struct {
	echo.Context
	Config
	params *params
	site   association.Site
	caller caller
}

// ctx is the request's.
func (c *call) ctx() context.Context { return c.Request().Context() }

// serve answers a call of the method.
func (h *Handler) serve(c echo.Context, m method) error {
	done, err := h.do(c, m)
	if err != nil || c.Response().Committed {
		return err
	}
	if text, ok := c.Get(replayKey).(string); ok {
		return paramsOf(c).sendJSON(c, http.StatusOK, []byte(text))
	}
	return h.answer(c, done)
}

// do reads who calls and with what, and runs the method.
func (h *Handler) do(c echo.Context, m method) (object, error) {
	leave, err := h.turn(c, m)
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := h.read(c, m)
	c.Set(paramsKey, p)
	defer p.drop() // before the next one's turn
	if err != nil {
		return nil, err
	}
	if err := p.checkForm(); err != nil {
		return nil, err
	}
	asked := &call{Context: c, Config: h.Config, params: p}
	if err := asked.identify(m); err != nil {
		return nil, err
	}
	if err := p.checkUnknown(m.params); err != nil {
		return nil, err
	}
	return m.run(asked)
}
