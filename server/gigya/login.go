package gigya

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
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
		params: []string{"siteuid", "userinfo", "newuser", "sessionexpiration"},
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

// Register adds the person of a regToken. Without finalizeRegistration the account stays pending.
func (h *Handler) Register(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"email", "username", "password", "profile", "finalizeregistration", "include"},
		run: func(c *call) (object, error) {
			final, err := c.params.truth("finalizeRegistration")
			if err != nil {
				return nil, err
			}
			if err := c.enrol(); err != nil {
				return nil, err
			}
			if final {
				return c.admit(c.caller.person)
			}
			token, err := c.newRegToken(c.caller.person)
			if err != nil {
				return nil, err
			}
			refused := wrong(pending, "Finish the registration with accounts.finalizeRegistration.")
			refused.more = object{{"regToken", token}}
			return nil, refused
		},
	})
}

// FinalizeRegistration begins the session of the person of a regToken.
func (h *Handler) FinalizeRegistration(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"include", "allowaccountslinking"},
		run: func(c *call) (object, error) {
			if err := c.mayRegister(); err != nil {
				return nil, err
			}
			if _, err := c.Photos.Profile(c.ctx(), c.site.Community, c.caller.person); err != nil {
				if fault.Is(err, fault.NotFound) {
					err = wrong(pending, "Register first.")
				}
				return nil, err
			}
			return c.admit(c.caller.person)
		},
	})
}

// mayRegister wants a regToken, and a site whose people register by themselves, or the site's own server.
func (c *call) mayRegister() error {
	switch {
	case c.params.get("regtoken") == "":
		return missing("regToken")
	case !c.caller.server && !c.site.Register:
		return wrong(forbidden, "People of this site do not register by themselves.")
	}
	return nil
}

// enrol adds the person with what is said of them. The names that they choose must be nobody's.
func (c *call) enrol() error {
	if err := c.mayRegister(); err != nil {
		return err
	}
	name, password := c.params.get("username"), c.params.get("password")
	if name == "" {
		name = c.params.get("email")
	}
	if name == "" {
		return missing("email")
	}
	if password == "" {
		return missing("password")
	}
	fields := map[string]any{}
	if text := c.params.get("profile"); text != "" {
		var err error
		if fields, err = parseUserInfo(text); err != nil {
			return err
		}
	}
	if c.Photos.Limits.Closed {
		return wrong(forbidden, "The directory is closed.")
	}
	names, err := c.Photos.Identities.Identities(c.ctx(), c.site.Community, c.caller.person)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(names, func(n association.Identity) bool { return n.System == association.Login }) {
		return wrong(loginExists, "The account is registered already.")
	}
	if err := c.AddUser(c.ctx(), c.site.Community, c.caller.person, name, password); err != nil {
		return err
	}
	if email := c.params.get("email"); email != "" && fields["email"] == nil {
		if read, err := parseField("email", email); err == nil {
			fields["email"] = read
		}
	}
	return c.say(c.caller.person, fields)
}
