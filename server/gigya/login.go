package gigya

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Login begins the session of a person who signs in by a name and a password that are kept here.
func (h *Handler) Login(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"loginid", "password", "sessionexpiration", "include"},
		run: func(c *call) (object, error) {
			name, err := c.params.want("loginID")
			if err != nil {
				return nil, err
			}
			password, err := c.params.want("password")
			if err != nil {
				return nil, err
			}
			in := func(context.Context) (storage.Community, error) { return c.site.Community, nil }
			actor, err := c.Photos.SignIn(c.ctx(), in, name, password)
			if fault.Is(err, fault.Unauthenticated) {
				return nil, wrong(invalidLogin, "The login ID or the password is wrong.")
			}
			if err != nil {
				return nil, err
			}
			return c.begin(actor, association.ViaPassword)
		},
	})
}

// NotifyLogin begins the session of a person whom the site's own server has signed in.
func (h *Handler) NotifyLogin(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"siteuid", "userinfo", "newuser", "sessionexpiration", "include"},
		run: func(c *call) (object, error) {
			if !c.caller.server || c.caller.person != "" {
				return nil, wrong(permissionDenied, "You do not have the required permissions to call it.")
			}
			uid, err := c.params.want("siteUID")
			if err != nil {
				return nil, err
			}
			person, err := c.introduced(uid, "userinfo")
			if err != nil {
				return nil, err
			}
			return c.admit(person)
		},
	})
}

// introduced is the person with a UID, after what they are said to be in a parameter was written down. low is
// the parameter's name in lower case.
func (c *call) introduced(uid, low string) (association.GUID, error) {
	text := c.params.get(low)
	if text == "" {
		return c.holder(uid)
	}
	fields, err := parseUserInfo(text)
	if err != nil {
		return "", err
	}
	person, err := c.holder(uid)
	if err != nil || len(fields) == 0 {
		return person, err
	}
	return person, c.say(person, fields)
}

// admit begins the session of somebody whom the site's server vouches for.
func (c *call) admit(person association.GUID) (object, error) {
	actor := association.Actor{GUID: person, Communities: []storage.Community{c.site.Community}}
	actor, err := c.Photos.Arrive(c.ctx(), actor)
	if err != nil {
		return nil, err
	}
	return c.begin(actor, association.ViaToken)
}

// begin opens a session, and tells it in the ways in which pages and phones take one.
func (c *call) begin(actor association.Actor, via association.Via) (object, error) {
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return nil, refused
	}
	if err := actor.Enter(c.site.Community); err != nil {
		return nil, err
	}
	key, s, err := c.Photos.Open(c.ctx(), actor, via, "Gigya", c.RealIP())
	if err != nil {
		return nil, err
	}
	life := int(s.Expires.Time().Sub(s.Created.Time()) / time.Second)
	if !c.caller.server {
		c.setLogin(key, life)
	}
	c.caller = c.asPerson(actor, key)
	c.caller.signed = true
	account, err := c.account(c.caller.person)
	if err != nil {
		return nil, err
	}
	return append(object{{"sessionInfo", object{
		{"sessionToken", key},
		{"sessionSecret", base64.StdEncoding.EncodeToString(c.Derive(key))},
		{"expires_in", life},
		{"cookieName", loginCookie(c.site)},
		{"cookieValue", key},
	}}}, account...), nil
}

// setLogin gives a page its cookie, which pages of the site's origins send back by https only.
func (c *call) setLogin(key string, seconds int) {
	cookie := &http.Cookie{
		Name: loginCookie(c.site), Value: key, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if c.Auth.Secure(c) {
		cookie.Secure, cookie.SameSite = true, http.SameSiteNoneMode
	}
	c.SetCookie(cookie)
}
