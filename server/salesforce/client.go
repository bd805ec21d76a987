package salesforce

import (
	"crypto/subtle"
	"net/url"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// invalidClient is RFC 6749's code for a client that is not who it says.
const invalidClient = "invalid_client"

// client signs in the server of a site, by the site's key and secret, as the person who stands for it. That
// one administers the community. A directory that is closed knows them too: the site was added on purpose.
func (h *Handler) client(c echo.Context, form url.Values) (grant, error) {
	id, secret, basic := c.Request().BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	ctx := c.Request().Context()
	site, err := h.Sites.Site(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return grant{}, wrongClient()
	}
	if err != nil {
		return grant{}, err
	}
	known, err := h.Secrets.Open(site.Secret)
	if err != nil {
		return grant{}, fault.Wrap(err, fault.Corrupt, "the site's secret cannot be opened")
	}
	if subtle.ConstantTimeCompare([]byte(secret), known) != 1 || site.Disabled > 0 {
		return grant{}, wrongClient()
	}
	person := site.Integration()
	if err := h.Photos.Directory.Ensure(ctx, site.Community, person); err != nil {
		return grant{}, err
	}
	actor, err := h.Photos.Arrive(ctx, association.Actor{
		GUID: person, Admin: []storage.Community{site.Community}, Address: c.RealIP(),
	})
	return grant{actor: actor, via: association.ViaSite, site: site}, err
}

// wrongClient is the answer for a site that is not there, and for a secret that is not its own.
func wrongClient() error {
	return refusal{fault.New(fault.Unauthenticated, "invalid client credentials"), invalidClient}
}

// still looks whether the site is what it was before its session began: who gives it another secret ends the
// sessions that are there.
func (h *Handler) still(c echo.Context, g grant, s association.Session) error {
	ctx := c.Request().Context()
	now, err := h.Sites.Site(ctx, g.site.APIKey)
	if err == nil && now.Rotated == g.site.Rotated && now.Disabled == 0 {
		return nil
	}
	if _, failed := h.Photos.Register.EndSession(ctx, s.GUID, s.ID); failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	return wrongClient()
}
