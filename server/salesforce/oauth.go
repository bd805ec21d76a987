package salesforce

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// tokenPath is where OAuth 2.0 signs clients in. Its failures have a form of their own.
const tokenPath = "/services/oauth2/token"

// The grants.
const (
	jwtBearer         = "urn:ietf:params:oauth:grant-type:jwt-bearer" // RFC 7523
	password          = "password"                                    // RFC 6749, section 4.3
	clientCredentials = "client_credentials"                          // RFC 6749, section 4.4
)

// maxAgent is how much of what a client calls itself is kept, in bytes.
const maxAgent = 200

// Token signs somebody in, by a token that is believed here, by name and password, or as a site's server, and
// answers with the key of a session as access token.
func (h *Handler) Token(c echo.Context) error {
	form, err := c.FormParams() // the route bounds it
	if err != nil {
		return fault.Wrap(err, fault.Malformed, "the form cannot be read")
	}
	granted, err := h.grant(c, form)
	if err != nil {
		return err
	}
	actor := granted.actor
	if err := reply.NoteActor(c, string(actor.GUID)); err != nil {
		return err
	}
	community, err := parseCommunity(c, actor)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	id, err := h.Photos.SalesforceID(ctx, community, actor.In(community))
	if err != nil {
		return err
	}
	key, s, err := h.open(c, granted)
	if err != nil {
		return err
	}
	base := h.Auth.Guard().Base(c)
	return tell(c, http.StatusOK, map[string]string{
		"access_token": key, "token_type": "Bearer", "instance_url": base, "scope": "api",
		"id":        base + "/id/" + numbered(orgPrefix, community) + "/" + id.Shown,
		"issued_at": strconv.FormatInt(int64(s.Created), 10),
	})
}

// grant is who signs in, and how.
type grant struct {
	actor association.Actor
	via   association.Via
	site  association.Site // of ViaSite
}

// grant finds who signs in.
func (h *Handler) grant(c echo.Context, form url.Values) (grant, error) {
	switch kind := form.Get("grant_type"); kind {
	case jwtBearer:
		actor, err := h.Auth.Believe(c, form.Get("assertion"))
		return grant{actor: actor, via: association.ViaToken}, err
	case password:
		actor, err := h.Photos.SignIn(c.Request().Context(), h.only, form.Get("username"), form.Get("password"))
		return grant{actor: actor, via: association.ViaPassword}, err
	case clientCredentials:
		return h.client(c, form)
	default:
		return grant{}, fault.New(fault.Unsupported, "grant type not supported")
	}
}

// open begins a session.
func (h *Handler) open(c echo.Context, g grant) (string, association.Session, error) {
	agent := c.Request().UserAgent()
	agent = strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], "?")
	key, s, err := h.Photos.Open(c.Request().Context(), g.actor, g.via, agent, c.RealIP())
	if err == nil && g.via == association.ViaSite {
		err = h.still(c, g, s)
	}
	return key, s, err
}

// only is the one community that there is.
func (h *Handler) only(ctx context.Context) (storage.Community, error) {
	c, err := h.Photos.Secrets.FindCommunity(ctx, "")
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Invalid, "there are several communities: sign in with a token")
	}
	return c, err
}

// UserInfo says who the session is of.
func (h *Handler) UserInfo(c echo.Context) error {
	actor, err := h.session(c)
	if err != nil {
		return err
	}
	community, err := parseCommunity(c, actor)
	if err != nil {
		return err
	}
	ctx, self := c.Request().Context(), actor.In(community)
	known, err := h.Photos.Profile(ctx, community, self)
	if err != nil {
		return err
	}
	id, err := h.Photos.SalesforceID(ctx, community, self)
	if err != nil {
		return err
	}
	base := h.Auth.Guard().Base(c)
	p, err := h.shown(ctx, known)
	if err != nil {
		return err
	}
	org := numbered(orgPrefix, community)
	return tell(c, http.StatusOK, map[string]any{
		"sub": base + "/id/" + org + "/" + id.Shown, "user_id": id.Shown, "organization_id": org,
		"name": known.Name, "picture": h.address(base, p, "F"),
		"photos": map[string]string{"picture": h.address(base, p, "F"), "thumbnail": h.address(base, p, "T")},
		"urls":   map[string]string{"rest": base + "/services/data/v{version}/"},
	})
}

// Versions lists the versions of the interface. Anybody may ask.
func (h *Handler) Versions(c echo.Context) error {
	type line struct {
		Label   string `json:"label"`
		URL     string `json:"url"`
		Version string `json:"version"`
	}
	var all []line
	for v := oldest; v <= latest; v++ {
		all = append(all, line{"Cameo", "/services/data/" + v.String(), strings.TrimPrefix(v.String(), "v")})
	}
	return tell(c, http.StatusOK, all)
}

// failGrant says a failure as RFC 6749, section 5.2, has it.
func failGrant(c echo.Context, a answer, err error) error {
	code, status := "invalid_request", a.status
	named, isNamed := errors.AsType[refusal](err)
	switch fault.Of(err) {
	case fault.Unauthenticated, fault.Forbidden:
		code, status = "invalid_grant", http.StatusBadRequest
	case fault.Unsupported:
		code = "unsupported_grant_type"
	case fault.TooMany, fault.Unavailable:
		code = "temporarily_unavailable"
	case fault.Internal, fault.Corrupt:
		code = "server_error"
	}
	description := fault.Public(err).Message
	switch {
	case isNamed:
		code = named.code
	case code == "invalid_grant":
		description = "authentication failure"
	}
	if _, _, basic := c.Request().BasicAuth(); basic && code == invalidClient {
		status = http.StatusUnauthorized
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Basic realm="cameo"`)
	}
	return tell(c, status, map[string]string{"error": code, "error_description": description})
}
