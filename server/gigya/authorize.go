package gigya

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// caller is who makes a call.
type caller struct {
	actor  association.Actor
	person association.GUID // whom the call is about if it names nobody; "": it must name somebody
	holder string           // hash of the token that only this client has; "" of a site's own server
	server bool             // the site's own server: it acts for every person of the site
	signed bool             // signed in: a regToken is not
}

// identify finds the site and the caller.
func (c *call) identify(m method) error {
	if m.open {
		return reply.NoteActor(c, "")
	}
	given := c.Request().Header.Values(echo.HeaderAuthorization)
	scheme, secret, _ := strings.Cut(strings.Join(given, ","), " ")
	byToken := len(given) > 0 && strings.EqualFold(scheme, "OAuth") ||
		c.params.has("oauth_token") && !c.params.has("sig")
	if !byToken || c.params.has("apikey") {
		if err := c.findSite(c.params.get("apikey")); err != nil {
			return err
		}
	}
	err := c.authorize(given, scheme, secret)
	if refused := reply.NoteActor(c, string(c.caller.actor.GUID)); refused != nil {
		return refused
	}
	if err == nil && c.params.has("regtoken") {
		err = c.register(c.params.get("regtoken"))
	}
	return err
}

// findSite wants a site that is there and open.
func (c *call) findSite(key string) error {
	var err error
	c.site, err = c.Sites.Site(c.ctx(), key)
	switch {
	case key == "" || fault.Is(err, fault.NotFound):
		return wrong(invalidAPIKey, "%s", messages[invalidAPIKey])
	case err != nil:
		return err
	case c.site.Disabled > 0:
		return wrong(wrongPartner, "The site is disabled.")
	}
	return nil
}

// authorize tries the ways to show who calls, in Gigya's order.
func (c *call) authorize(given []string, scheme, secret string) error {
	p := c.params
	switch {
	case len(given) > 1:
		return wrong(invalidHeader, "There is more than one Authorization header.")
	case len(given) == 1 && strings.EqualFold(scheme, "Bearer"):
		return c.byJWT(strings.TrimSpace(secret))
	case len(given) == 1 && strings.EqualFold(scheme, "OAuth"):
		return c.byToken(strings.TrimSpace(secret), http.StatusUnauthorized)
	case len(given) == 1:
		return wrong(invalidHeader, "The Authorization header must be Bearer or OAuth.")
	case p.has("oauth_token") && !p.has("sig"):
		return c.byToken(p.get("oauth_token"), 0)
	case p.has("oauth_token"):
		return c.bySession(p.get("oauth_token"))
	case p.has("sig"):
		return c.bySignature()
	case p.has("secret"):
		if err := c.bySecret(p.get("secret")); err != nil {
			return err
		}
		c.caller = c.asSite()
		return nil
	}
	return c.byClient()
}

// asSite is the site's own server, which administers its community.
func (c *call) asSite() caller {
	return caller{server: true, actor: association.Actor{
		GUID: association.GUID("site:" + c.site.APIKey), Admin: []storage.Community{c.site.Community},
		Address: c.RealIP(),
	}}
}

// asPerson is somebody who calls from a page or a phone.
func (c *call) asPerson(actor association.Actor, token string) caller {
	actor.Address = c.RealIP()
	return caller{actor: actor, person: actor.In(c.site.Community), holder: hashed(token)}
}

// hashed names a token without being it.
func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// bySignature believes what is signed with the site's secret, or with that of a user's key. Order: the time,
// the signature, the nonce, which nobody burns who cannot sign.
func (c *call) bySignature() error {
	if err := c.fresh(); err != nil {
		return err
	}
	secret, err := c.secret()
	if err != nil {
		return err
	}
	if !c.params.signed(secret, c.Request().Method, c.addresses()) {
		return wrong(invalidSignature, "%s", messages[invalidSignature])
	}
	c.caller = c.asSite()
	return c.burn("nonce", c.site.APIKey, c.params.get("userkey"), c.params.get("nonce"))
}

// bySession believes what is signed with the secret of a session.
func (c *call) bySession(key string) error {
	if err := c.fresh(); err != nil {
		return err
	}
	secret := base64.StdEncoding.EncodeToString(c.Derive(key))
	if !c.params.signed(secret, c.Request().Method, c.addresses()) {
		return wrong(invalidSignature, "%s", messages[invalidSignature])
	}
	if err := c.burn("session", key, "", c.params.get("nonce")); err != nil {
		return err
	}
	return c.resume(key)
}

// resume is the caller of a session's key.
func (c *call) resume(key string) error {
	actor, err := c.Photos.Resume(c.ctx(), key)
	if err == nil {
		err = actor.Enter(c.site.Community)
	}
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.NotFound) {
		return wrong(noSession, "The session is over, or there never was one.")
	}
	c.caller = c.asPerson(actor, key)
	c.caller.signed = err == nil
	return err
}

// secret is what the call must be signed with, in base64.
func (c *call) secret() (string, error) {
	user := c.params.get("userkey")
	if user == "" {
		return c.siteSecret()
	}
	k, err := c.Sites.SiteKey(c.ctx(), c.site.APIKey, user)
	if fault.Is(err, fault.NotFound) || err == nil && k.Secret == "" {
		return "", wrong(invalidSignature, "%s", messages[invalidSignature])
	}
	if err != nil {
		return "", err
	}
	return c.opens(k.Secret)
}

// siteSecret is the site's own, in base64.
func (c *call) siteSecret() (string, error) { return c.opens(c.site.Secret) }

func (c *call) opens(sealed string) (string, error) {
	text, err := c.Secrets.Open(sealed)
	if err != nil {
		return "", fault.Wrap(err, fault.Corrupt, "the site's secret cannot be opened")
	}
	return string(text), nil
}

// bySecret believes who knows the secret itself, which must not pass in the clear.
func (c *call) bySecret(shown string) error {
	if c.Scheme() != "https" {
		return wrong(secretOverHTTP, "Send the secret by https, or sign with it.")
	}
	secret, err := c.secret()
	if err != nil && kindOf(err) != fault.Unauthenticated {
		return err
	}
	same := subtle.ConstantTimeCompare([]byte(strings.ReplaceAll(shown, " ", "+")), []byte(secret)) == 1
	if err != nil || !same {
		return wrong(invalidSecret, "%s", messages[invalidSecret])
	}
	return nil
}

// window is how far the clocks of clients may be from ours.
const window = 2 * time.Minute

// milliseconds is from which number on a timestamp cannot be in seconds.
const milliseconds = 1e11

// fresh wants a timestamp of now, and a nonce.
func (c *call) fresh() error {
	text, err := c.params.want("timestamp")
	if err != nil {
		return err
	}
	if _, err := c.params.want("nonce"); err != nil {
		return err
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return wrong(invalidValue, "timestamp must be a number of seconds since 1970")
	}
	if at > milliseconds {
		at /= 1000
	}
	return c.recent(at)
}

// recent wants a time of now, in seconds since 1970.
func (c *call) recent(at int64) error {
	const most = int64(window / time.Second)
	if apart := c.Clock().Time().Unix() - at; apart > most || apart < -most {
		return wrong(requestExpired, "%s", messages[requestExpired])
	}
	return nil
}

// burn lets what is signed be used once, by whichever node it comes to.
func (c *call) burn(what ...string) error {
	until := c.Clock().Add(4 * window) // what is signed is believed for less than half of that
	switch first, err := c.Once.Burn(c.ctx(), strings.Join(what, "\n"), until); {
	case err != nil:
		return err
	case !first:
		return wrong(duplicateNonce, "%s", messages[duplicateNonce])
	}
	return nil
}
