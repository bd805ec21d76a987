package page

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/auth"
	"cameo/storage/fault"
)

// The cookie of a sign-in that has begun elsewhere.
const (
	pendingCookie = "cameo_signin"
	pendingPath   = "/signin/"
	pendingLife   = 10 * time.Minute
)

// pending is what the cookie holds.
type pending struct {
	auth.Pending

	Next string `json:"next"`
}

// Start sends the browser to the issuer.
func (h *Handler) Start(c echo.Context) error {
	if h.Issuer == nil {
		return errNoIssuer()
	}
	address, begun, err := h.Issuer.Begin(c.Request().Context(), h.callback(c))
	if err != nil {
		return err
	}
	text, err := json.Marshal(pending{begun, ours(c.QueryParam("next"))})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	h.keep(c, h.Sealer.Seal(text), pendingLife)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Redirect(http.StatusSeeOther, address)
}

// Callback signs in whom the issuer sends back. What was kept for it is thrown away, whatever the answer is.
func (h *Handler) Callback(c echo.Context) error {
	if h.Issuer == nil {
		return errNoIssuer()
	}
	h.keep(c, "", -time.Second)
	next, err := h.finish(c)
	if fault.Is(err, fault.Unauthenticated) {
		return h.showForm(c, h.status(c, err), form{Next: ours(next), Trouble: sentence(err)})
	}
	if err != nil {
		return err
	}
	return h.goOn(c, next)
}

// finish begins the session, and returns the page that was wanted.
func (h *Handler) finish(c echo.Context) (string, error) {
	sealed := ""
	if cookie, err := c.Cookie(pendingCookie); err == nil {
		sealed = cookie.Value
	}
	text, err := h.Sealer.Open(sealed)
	if err != nil {
		return "", err
	}
	var p pending
	if err := json.Unmarshal(text, &p); err != nil {
		return "", fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	ctx := c.Request().Context()
	who, err := h.Issuer.Finish(ctx, c.QueryParams(), p.Pending)
	if err != nil {
		return p.Next, err
	}
	actor, err := h.People.Arrive(ctx, who.Actor)
	if err != nil {
		return p.Next, err
	}
	return p.Next, h.begin(c, actor, association.ViaIssuer)
}

// keep sets the cookie of a sign-in that has begun; a life below zero deletes it.
func (h *Handler) keep(c echo.Context, value string, life time.Duration) {
	c.SetCookie(&http.Cookie{
		Name: pendingCookie, Value: value, Path: pendingPath, MaxAge: int(life / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: h.Auth.Secure(c),
	})
}

// callback is the address to which the issuer sends browsers back.
func (h *Handler) callback(c echo.Context) string {
	return h.Auth.Guard().Base(c) + pendingPath + "callback"
}

func errNoIssuer() error { return fault.New(fault.NotFound, "there is no other place to sign in at") }
