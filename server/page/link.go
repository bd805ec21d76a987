package page

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association"
)

// link is what the page of a link that is good once is made of.
type link struct {
	frame
	Token string
}

// Link asks whoever follows a link that is good once whether they want to sign in by it. To look at it does
// nothing: programs look at links before people do, and another site's page could have a browser follow one
// that signs in somebody else.
func (h *Handler) Link(c echo.Context) error {
	// The link itself is told to nobody, only that the form is ours.
	c.Response().Header().Set(echo.HeaderReferrerPolicy, "strict-origin")
	l := link{h.frame(nil), c.QueryParam("token")}
	l.Bare = true
	return h.show(c, http.StatusOK, h.pages.Lookup("link"), l)
}

// FollowLink signs in whoever sends the form of a link that is good once.
func (h *Handler) FollowLink(c echo.Context) error {
	actor, err := h.People.FollowLink(c.Request().Context(), c.FormValue("token"), c.RealIP())
	if err != nil {
		return err
	}
	if err := h.begin(c, actor, association.ViaLink); err != nil {
		return err
	}
	return h.goOn(c, "/")
}
