package gigya

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// pass is what a token of ours says, sealed so that nobody else reads or makes one.
type pass struct {
	Use     string           `json:"u"` // accessUse or registerUse
	APIKey  string           `json:"a"`
	Person  association.GUID `json:"p,omitempty"`
	Begun   storage.Millis   `json:"b"`
	Expires storage.Millis   `json:"e,omitempty"` // 0: never
}

// The uses of a pass. One is no good for another.
const (
	accessUse   = "access"
	registerUse = "register"
)

// issue makes a token.
func (c *call) issue(p pass) (string, error) {
	p.APIKey, p.Begun = c.site.APIKey, c.Clock()
	text, err := json.Marshal(p)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	return c.Tokens.Seal(text), nil
}

// opened reads a token of a use; false when it is none.
func (c *call) opened(token, use string) (p pass, ok bool) {
	text, err := c.Tokens.Open(token)
	if err != nil || json.Unmarshal(text, &p) != nil {
		return pass{}, false
	}
	return p, p.Use == use
}

// byToken believes an access token. One that is no good is told with the status.
func (c *call) byToken(token string, status int) error {
	if c.Scheme() != "https" {
		return wrong(badRequest, "Send a token by https.")
	}
	refused := wrong(invalidToken, "%s", messages[invalidToken])
	refused.status = status
	p, ok := c.opened(token, accessUse)
	if !ok || c.site.APIKey != "" && c.site.APIKey != p.APIKey || p.Expires > 0 && p.Expires <= c.Clock() {
		return refused
	}
	if err := c.findSite(p.APIKey); err != nil {
		return err
	}
	if p.Begun <= c.site.Rotated {
		return refused
	}
	c.caller = c.asSite()
	c.caller.person = p.Person
	return nil
}

// maxJWT bounds what is read of a token, in bytes.
const maxJWT = 8 << 10

// byJWT believes a token that is signed with the private key of a user of the site.
func (c *call) byJWT(token string) error {
	refused := wrong(invalidToken, "Invalid jwt")
	if len(token) > maxJWT {
		return refused
	}
	var broken error
	find := func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		k, err := c.Sites.SiteKey(c.ctx(), c.site.APIKey, kid)
		if err != nil {
			if !fault.Is(err, fault.NotFound) {
				broken = err
			}
			return nil, err
		}
		if k.Public == "" {
			return nil, errors.New("a key that has a secret")
		}
		return jwt.ParseRSAPublicKeyFromPEM([]byte(k.Public))
	}
	var claims jwt.RegisteredClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(c.Clock().Time),
		jwt.WithLeeway(window))
	parsed, err := parser.ParseWithClaims(token, &claims, find)
	switch {
	case broken != nil:
		return broken
	case err != nil || claims.IssuedAt == nil || claims.ID == "":
		return refused.because(err)
	}
	if err := c.recent(claims.IssuedAt.Unix()); err != nil {
		return err
	}
	kid, _ := parsed.Header["kid"].(string)
	c.caller = c.asSite()
	return c.burn("jwt", c.site.APIKey, kid, claims.ID)
}

// standing applies what the directory says of somebody who may not be in it yet.
func (c *call) standing(a association.Actor) (association.Actor, error) {
	_, err := c.Photos.Profile(c.ctx(), c.site.Community, a.GUID)
	if fault.Is(err, fault.NotFound) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	return c.Photos.Arrive(c.ctx(), a)
}

// newGUID draws that of somebody who is not known yet.
func (c *call) newGUID() (association.GUID, error) {
	id, err := uuid.NewRandomFromReader(c.Random)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	return association.GUID(id.String()), nil
}

// GetToken gives a site's server an access token, for all people or for one.
func (h *Handler) GetToken(c echo.Context) error {
	return h.serve(c, method{
		params: []string{
			"grant_type", "client_id", "client_secret", "x_siteuid", "x_sessionexpiration", "x_userinfo",
		},
		open: true, run: (*call).token,
	})
}

func (c *call) token() (object, error) {
	if c.Scheme() != "https" {
		return nil, wrong(secretOverHTTP, "Ask for a token by https.")
	}
	if c.Request().Method != http.MethodPost {
		return nil, wrong(badRequest, "Ask for a token with POST.")
	}
	switch grant := c.params.get("grant_type"); grant {
	case "none", "client_credentials":
	case "":
		return nil, missing("grant_type")
	default:
		return nil, wrong(unsupportedGrant, "grant_type must be none or client_credentials")
	}
	if err := c.client(); err != nil {
		return nil, err
	}
	c.caller = c.asSite()
	granted, answer, err := c.grant()
	if err != nil {
		return nil, err
	}
	token, err := c.issue(granted)
	return append(object{{"access_token", token}}, answer...), err
}

// client finds the site by what a client of OAuth shows.
func (c *call) client() error {
	p := c.params
	id, secret, basic := c.Request().BasicAuth()
	if !basic {
		id, secret = p.get("client_id"), p.get("client_secret")
		if secret == "" {
			secret = p.get("secret")
		}
	}
	key := p.get("apikey")
	if key == "" {
		key = id
	} else if id != "" && id != key && !p.has("userkey") { // the id may be that of a user's key
		p.index["userkey"] = len(p.all)
		p.all = append(p.all, param{"", []byte(id)})
	}
	if err := c.findSite(key); err != nil {
		return err
	}
	return c.bySecret(secret)
}

// grant is what the token is to say.
func (c *call) grant() (p pass, answer object, err error) {
	p.Use = accessUse
	if uid := c.params.get("x_siteuid"); uid != "" {
		if p.Person, err = c.introduced(uid, "x_userinfo"); err != nil {
			return p, nil, err
		}
	}
	text := strings.TrimSpace(c.params.get("x_sessionexpiration"))
	if text == "" {
		return p, nil, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || seconds < 0 {
		return p, nil, wrong(invalidValue, "x_sessionExpiration must be a number of seconds")
	}
	if seconds == 0 { // a browser's session: as long as ours last
		seconds = int64(c.Photos.Sessions.Life / time.Second)
	}
	p.Expires = c.Clock().Add(time.Duration(seconds) * time.Second)
	return p, object{{"expires_in", int(seconds)}}, nil
}
