package gigya

import (
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// registerLife is how long a regToken is good, unless the registration is finished before.
const registerLife = time.Hour

// register is the caller who has a regToken: somebody who is about to register.
func (c *call) register(token string) error {
	p, ok := c.opened(token, registerUse)
	if !ok || p.APIKey != c.site.APIKey || p.Begun <= c.site.Rotated {
		return wrong(invalidValue, "regToken")
	}
	if p.Expires <= c.Clock() {
		return wrong(requestExpired, "The regToken has expired.")
	}
	finished, err := c.Once.Burnt(c.ctx(), c.registration(p.Person))
	if err != nil {
		return err
	}
	if finished {
		return wrong(requestExpired, "The registration is finished: go on with the session, or sign in.")
	}
	if !c.caller.server {
		actor := association.Actor{GUID: p.Person, Communities: []storage.Community{c.site.Community}}
		actor, err := c.standing(actor)
		if err != nil {
			return err
		}
		c.caller = c.asPerson(actor, token)
	}
	c.caller.person = p.Person
	return nil
}

// newRegToken is the token of somebody who is about to register.
func (c *call) newRegToken(person association.GUID) (string, error) {
	return c.issue(pass{Use: registerUse, Person: person, Expires: c.Clock().Add(registerLife)})
}

// InitRegistration begins a registration.
func (h *Handler) InitRegistration(c echo.Context) error {
	return h.serve(c, method{run: func(c *call) (object, error) {
		person, err := c.newGUID()
		if err != nil {
			return nil, err
		}
		token, err := c.newRegToken(person)
		return object{{"regToken", token}}, err
	}})
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
				return c.finish(c.caller.person)
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
			return c.finish(c.caller.person)
		},
	})
}

// finish begins the session of somebody who is registered now. The photo that was sent meanwhile is the
// session's, and no regToken of theirs is good any more.
func (c *call) finish(person association.GUID) (object, error) {
	answer, err := c.admit(person)
	if err != nil {
		return nil, err
	}
	sent, err := c.Shelf.Temporary(c.ctx(), c.site.Community, person)
	if err == nil && sent.Holder != "" {
		sent.Holder = c.caller.holder
		err = c.Shelf.SetTemporary(c.ctx(), sent)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	_, err = c.Once.Burn(c.ctx(), c.registration(person), c.Clock().Add(registerLife))
	return answer, err
}

// registration names that of a person, for Once.
func (c *call) registration(person association.GUID) string {
	return strings.Join([]string{"registration", c.site.APIKey, string(person)}, "\n")
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
