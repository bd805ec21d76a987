package auth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// CSRFHeader is where a page shows that it could read what was said to its session.
const CSRFHeader = "X-CSRF-Token"

// Origins are those whose pages may act for the people who use them, as browsers write them in Origin.
type Origins struct {
	Public  []string // URLs of the service itself; the first one is the one that is shown
	Allowed []string // of other services
}

// Guard keeps pages of other sites from using a cookie that the browser sends along for them. It may be used
// by many goroutines.
type Guard struct {
	public, allowed []string // origins
	key             []byte
}

// NewGuard returns a guard whose tokens are good at all nodes that share keys. Its key is one of its own,
// derived from that which signs tokens.
func NewGuard(keys Keys, o Origins) (*Guard, error) {
	key, err := hkdf.Key(sha256.New, keys.Signing, nil, "cameo CSRF tokens", sha256.Size)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no key for CSRF tokens")
	}
	g := &Guard{key: key}
	for _, one := range o.Public {
		g.public = append(g.public, origin(one))
	}
	for _, one := range o.Allowed {
		g.allowed = append(g.allowed, origin(one))
	}
	return g, nil
}

// Allows says whether pages of another origin may act for the people who use them.
func (g *Guard) Allows(from string) bool { return slices.Contains(g.allowed, from) }

// AllowsAny says whether there is such an origin.
func (g *Guard) AllowsAny() bool { return len(g.allowed) > 0 }

// Base is the URL of the service as whoever makes the request knows it: its public one, or the one that it
// came to.
func (g *Guard) Base(c echo.Context) string {
	came := origin(c.Scheme() + "://" + c.Request().Host)
	if len(g.public) == 0 || slices.Contains(g.public, came) {
		return came
	}
	return g.public[0]
}

// Same is nil for a request that changes nothing, for one that no browser sends, and for one of a page of our
// own or of an allowed origin; Forbidden for all others.
func (g *Guard) Same(c echo.Context) error {
	if r := c.Request(); harmless(r.Method) || !browser(r.Header) || g.trusts(c) {
		return nil
	}
	return fault.New(fault.Forbidden, "a page of another site may not do this").Because("cross_site")
}

// cookie is nil if a cookie with a session's key counts. Order: the page's origin, and then what only a page
// that may read our answers can know.
func (g *Guard) cookie(c echo.Context, key string) error {
	r := c.Request()
	if harmless(r.Method) || !browser(r.Header) {
		return nil
	}
	if err := g.Same(c); err != nil {
		return err
	}
	if hmac.Equal([]byte(r.Header.Get(CSRFHeader)), []byte(g.token(key))) {
		return nil
	}
	return fault.New(fault.Forbidden,
		"the header "+CSRFHeader+" must have the csrfToken of this session, as GET /v1/session tells it").
		Because("csrf_token")
}

// token is what only a page can know that may read our answers to a session.
func (g *Guard) token(key string) string {
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte(key))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// trusts says whether the page that makes a request is ours or an allowed one. What a browser says of the
// page cannot be written by its scripts.
func (g *Guard) trusts(c echo.Context) bool {
	r := c.Request()
	site := r.Header.Get("Sec-Fetch-Site")
	from := r.Header.Get("Origin")
	if from == "" {
		from = origin(r.Header.Get("Referer"))
	}
	host := strings.ToLower(r.Host)
	switch {
	case len(r.Header.Values("Origin")) > 1:
		return false
	case from == "":
		// "none": the person typed the address.
		return len(r.Header.Values("Referer")) == 0 && (site == "same-origin" || site == "none")
	case slices.Contains(g.public, from), g.Allows(from), from == origin(c.Scheme()+"://"+host):
		return true
	}
	// Behind a proxy that speaks https and that we do not trust, only the browser knows that it is the same.
	_, said, _ := strings.Cut(from, "://")
	return site == "same-origin" && said == host
}

// harmless says whether a method changes nothing.
func harmless(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// browser says whether a request comes from a browser. A program need not say any of this, and a page cannot
// leave all of it out.
func browser(h http.Header) bool {
	return h["Origin"] != nil || h["Referer"] != nil || h["Sec-Fetch-Site"] != nil
}

// origin is the origin of a URL as browsers write it: lower case, and without a port that goes without
// saying. "" if it has none.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	switch scheme := strings.ToLower(u.Scheme); scheme {
	case "http":
		return scheme + "://" + strings.TrimSuffix(host, ":80")
	case "https":
		return scheme + "://" + strings.TrimSuffix(host, ":443")
	}
	return ""
}
