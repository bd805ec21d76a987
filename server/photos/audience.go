package photos

import (
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// enter returns who asks, which is nobody for a stranger who asks for public photos, and the community of
// the path.
func (h *Handler) enter(c echo.Context) (association.Actor, storage.Community, error) {
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return association.Actor{}, 0, err
	}
	actor, err := h.Auth.Actor(c)
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, 0, refused
	}
	if !h.Members {
		if fault.Is(err, fault.Unauthenticated) { // an old token hides no public photo
			return association.Actor{}, community, nil
		}
		return actor, community, err
	}
	if err != nil {
		return actor, community, err
	}
	return actor, community, actor.Enter(community)
}

// who is enter with the person of the path.
func (h *Handler) who(c echo.Context) (association.Actor, storage.Community, association.GUID, error) {
	actor, community, err := h.enter(c)
	if err != nil {
		return actor, 0, "", err
	}
	_, person, err := parsePerson(c)
	return actor, community, person, err
}

// admit lets those look at a version who enter, and whoever has a signed address. It returns the community of
// the path, and how the answer may be cached.
func (h *Handler) admit(c echo.Context) (storage.Community, caching, error) {
	query := c.Request().URL.RawQuery
	if h.Members && (query == "" || !auth.Signed(c.QueryParams())) {
		_, community, err := h.enter(c)
		return community, h.forever, err
	}
	community, err := storage.ParseCommunity(c.Param("communityKey"))
	if err != nil {
		return 0, nil, err
	}
	if !h.Members { // who asks for a public photo makes no difference: they are a stranger
		return community, h.forever, reply.NoteActor(c, "")
	}
	rest, err := h.URLs.Verify(c.Request().URL.Path, c.QueryParams())
	return community, h.keptAs(fmt.Sprintf("max-age=%d", int64(rest/time.Second))), err
}

// address is where a version is shown in a size. The recipe makes it another address when pictures come to be
// made in another way. Where strangers see nothing it is signed: an img element sends no token.
func (h *Handler) address(community storage.Community, v association.Version, size string) string {
	path := fmt.Sprintf("/v1/communities/%s/photos/%s/%s", community, v, size)
	query := fmt.Sprintf("?r=%d", association.Recipe)
	if h.Members {
		query += "&" + h.URLs.Sign(path).Encode()
	}
	return path + query
}
