package gigya

import (
	"cameo/association"
	"cameo/storage/fault"
)

// about finds the person whom a call is about: of a site's server the one with the UID, else the one who
// calls.
func (c *call) about() (association.GUID, error) {
	if c.caller.server && c.params.has("uid") {
		if c.params.has("regtoken") {
			return "", wrong(invalidValue, "UID and regToken exclude each other")
		}
		uid, err := c.params.want("UID")
		if err != nil {
			return "", err
		}
		person, err := c.holder(uid)
		if err == nil && c.caller.person != "" && c.caller.person != person {
			return "", wrong(unauthorizedUser, "The token is another user's.")
		}
		return person, err
	}
	switch {
	case c.caller.person != "":
		return c.caller.person, nil
	case c.caller.server:
		return "", missing("UID")
	case c.params.has("uid"): // which does not count without a signature
		return "", wrong(unauthorizedUser, "%s", messages[unauthorizedUser])
	}
	return "", wrong(noSession, "There is neither a session nor a regToken.")
}

// holder returns the person with a UID. An open directory adds one who is not known.
func (c *call) holder(uid string) (association.GUID, error) {
	id, err := association.ParseIdentity(association.Gigya, uid)
	if err != nil {
		return "", wrong(invalidValue, "UID: %s", fault.Public(err).Message)
	}
	p, err := c.Photos.Holder(c.ctx(), c.site.Community, id)
	if !fault.Is(err, fault.NotFound) {
		return p.GUID, err
	}
	if person, err := association.ParseGUID(uid); err == nil { // who has no UID is told by GUID
		p, err := c.Photos.Profile(c.ctx(), c.site.Community, person)
		if !fault.Is(err, fault.NotFound) {
			return p.GUID, err
		}
	}
	person, err := c.newGUID()
	if err != nil {
		return "", err
	}
	err = c.Photos.Link(c.ctx(), c.caller.actor, c.site.Community, person, id)
	switch kindOf(err) {
	case fault.Exists: // somebody was quicker
		p, err = c.Photos.Holder(c.ctx(), c.site.Community, id)
		return p.GUID, err
	case fault.NotFound:
		return "", wrong(unauthorizedUser, "The user ID is not valid for this site.")
	}
	return person, err
}

// uid is the name by which the site's clients know a person.
func (c *call) uid(person association.GUID) (string, error) {
	names, err := c.Photos.Identities.Identities(c.ctx(), c.site.Community, person)
	for _, n := range names {
		if n.System == association.Gigya {
			return n.Shown, err
		}
	}
	return string(person), err
}
