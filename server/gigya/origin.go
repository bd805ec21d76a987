package gigya

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
)

// byClient believes the session of a page or a phone, and lets who has none call for what needs none.
func (c *call) byClient() error {
	if err := c.checkOrigin(); err != nil {
		return err
	}
	c.params.ignore("uid")
	c.caller = caller{actor: association.Actor{Address: c.RealIP()}}
	if token := c.params.get("login_token"); token != "" {
		return c.resume(token)
	}
	if cookie, err := c.Cookie(loginCookie(c.site)); err == nil && cookie.Value != "" && c.cookieCounts() {
		return c.resume(cookie.Value)
	}
	return nil
}

// loginCookie is the name of the cookie with a site's session.
func loginCookie(s association.Site) string { return "glt_" + s.APIKey }

// cookieCounts says whether a session's cookie is believed: not where any page could have sent it along.
func (c *call) cookieCounts() bool {
	from := c.Request().Header.Get("Origin")
	return c.Request().Method == http.MethodPost && from != "" && c.trusts(from)
}

// checkOrigin refuses pages that are not the site's, and lets those of the site read the answer.
func (c *call) checkOrigin() error {
	h := c.Request().Header
	from := h.Get("Origin")
	if from == "" {
		from = h.Get("Referer")
	}
	if from == "" {
		return nil
	}
	if !c.trusts(from) {
		return wrong(forbidden, "Pages of this origin may not call for this site.")
	}
	if h.Get("Origin") != "" {
		answer := c.Response().Header()
		answer.Set(echo.HeaderAccessControlAllowOrigin, from)
		answer.Set(echo.HeaderAccessControlAllowCredentials, "true")
		answer.Add(echo.HeaderVary, echo.HeaderOrigin)
	}
	return nil
}

// trusts says whether a page may call for the site.
func (c *call) trusts(page string) bool {
	from := originOf(page)
	own := originOf(c.Auth.Guard().Base(c))
	return from != "" && (from == own || slices.Contains(c.site.Origins, from))
}

// originOf is a page's origin as browsers write it; "" for none.
func originOf(page string) string {
	scheme, rest, ok := strings.Cut(signedAddress(page, ""), "://")
	host, _, _ := strings.Cut(rest, "/")
	if !ok || host == "" || scheme != "http" && scheme != "https" {
		return ""
	}
	return scheme + "://" + host
}
