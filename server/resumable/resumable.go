package resumable

import (
	"context"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Config is what a Handler is made of. The four functions are all that it knows of people.
type Config struct {
	Engine   *storage.Engine
	Auth     *auth.Auth // watches the sender's rights while a body comes, and at its end
	Clock    storage.Clock
	Pace     reply.Pace // how slowly a body may come
	Versions []Version  // of the draft whose clients get interim answers
	Public   string     // URL by which clients reach the service; "": as each of them does
	MaxPhoto int64      // bytes that an upload with a wish may have

	// Member returns who makes the request: a member of the community. A stranger is Unauthenticated, somebody
	// else NotFound.
	Member func(c echo.Context, community storage.Community) (storage.Subject, error)
	// May is nil if who makes the request, a Member, may use the upload. Else it is the very error for an upload
	// that nobody has.
	May func(c echo.Context, u storage.Upload) error
	// Begin judges, before an upload is made, the upload itself and the right to its wish. It returns the upload
	// as it is to be made.
	Begin func(c echo.Context, n storage.New) (storage.New, error)
	// Finish makes true what the upload wishes, if it is Complete, its owner asks, and may still have it done.
	// It may be called again after it was done.
	Finish func(c echo.Context, u storage.Upload) error
}

// Handler answers the draft's requests. Its methods are echo handlers; server/routes.go says which path is
// whose.
type Handler struct{ Config }

// New returns a Handler over its parts.
func New(cfg Config) *Handler { return &Handler{cfg} }

// look is one of Engine's ways to find an upload.
type look func(ctx context.Context, id storage.ID) (storage.Upload, error)

// member returns who asks, and the community of the path.
func (h *Handler) member(c echo.Context) (storage.Subject, storage.Community, error) {
	// A stranger is told to sign in whatever the path says: Member looks at the session first.
	community, wrong := storage.ParseCommunity(c.Param("communityKey"))
	subject, err := h.Member(c, community)
	if err == nil {
		err = wrong
	}
	return subject, community, err
}

// seen returns the upload of the path, if who asks may know of it, and whether it is their own. Nothing is
// settled before that is known. From then on every answer says how far it has come. Beside Gone the upload is
// returned too.
func (h *Handler) seen(c echo.Context, by look) (u storage.Upload, own bool, err error) {
	subject, community, err := h.member(c)
	if err != nil {
		return storage.Upload{}, false, err
	}
	key, err := storage.ParseKey(c.Param("attachmentKey"))
	if err != nil {
		return storage.Upload{}, false, err
	}
	u, err = by(c.Request().Context(), storage.ID{Community: community, Key: key})
	if err != nil && !fault.Is(err, fault.Gone) {
		return storage.Upload{}, false, err
	}
	if foreign := h.May(c, u); foreign != nil {
		return storage.Upload{}, false, foreign
	}
	if u.Partial { // a part that tus is to join belongs to tus
		return storage.Upload{}, false, storage.NoUpload()
	}
	h.tell(c, u)
	return u, u.Owner == subject, err
}
