package gigya

import (
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// GetAccountInfo tells of a person, with the addresses of their photo.
func (h *Handler) GetAccountInfo(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"uid", "include", "extraprofilefields"},
		run: func(c *call) (object, error) {
			person, err := c.about()
			if err != nil {
				return nil, err
			}
			return c.account(person)
		},
	})
}

// account is what is told of a person's account.
func (c *call) account(person association.GUID) (object, error) {
	p, told, err := c.profile(person)
	if err != nil {
		return nil, err
	}
	uid, err := c.uid(p.GUID)
	if err != nil {
		return nil, err
	}
	all, err := c.proven(uid)
	if err != nil {
		return nil, err
	}
	all = append(all, object{
		{"loginProvider", "site"},
		{"isRegistered", true},
		{"isActive", p.Disabled == 0},
		{"isVerified", true},
	}...)
	if c.includes("profile") {
		all = append(all, member{"profile", told.fields()})
	}
	all = append(all, moment("created", p.Created)...)
	return append(all, moment("lastUpdated", max(p.Created, told.updated))...), nil
}

// includes says whether the call asks for a part of an account: for all of them if it names none.
func (c *call) includes(part string) bool {
	wanted := c.params.get("include")
	return wanted == "" || slices.ContainsFunc(strings.Split(wanted, ","), func(one string) bool {
		return strings.EqualFold(strings.TrimSpace(one), part)
	})
}

// moment is a time in the two forms that Gigya tells.
func moment(name string, at storage.Millis) object {
	return object{{name, reply.Time(at.Time())}, {name + "Timestamp", int64(at)}}
}

// profile returns a person and what is told of them, to whoever may read that. Who has a regToken only is
// pending.
func (c *call) profile(person association.GUID) (association.Person, profile, error) {
	p, err := c.Photos.Profile(c.ctx(), c.site.Community, person)
	if fault.Is(err, fault.NotFound) {
		return p, profile{}, wrong(pending, "The account is not registered yet.")
	}
	if err != nil {
		return p, profile{}, err
	}
	if err := c.caller.actor.May(association.ReadPerson, c.site.Community, p.GUID); err != nil {
		return p, profile{}, err
	}
	told, err := c.said(p.GUID)
	if err != nil {
		return p, told, err
	}
	if p.Current != "" && told.said["photoURL"] == nil {
		told.photo, told.thumbnail = c.addressesOf(p.Current)
	}
	if p.Name != "" && told.said["nickname"] == nil {
		told.name = p.Name
	}
	return p, told, nil
}

// GetUserInfo tells of a person in the older form, without a profile around it.
func (h *Handler) GetUserInfo(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"uid", "enabledproviders", "includeallidentities", "extrafields"},
		run: func(c *call) (object, error) {
			person, err := c.about()
			if err != nil {
				return nil, err
			}
			return c.user(person)
		},
	})
}

func (c *call) user(person association.GUID) (object, error) {
	p, told, err := c.profile(person)
	if err != nil {
		return nil, err
	}
	uid, err := c.uid(p.GUID)
	if err != nil {
		return nil, err
	}
	all, err := c.proven(uid)
	if err != nil {
		return nil, err
	}
	fields := told.fields()
	identity := append(object{{"provider", "site"}, {"providerUID", uid}, {"isLoginIdentity", true}}, fields...)
	all = append(all, object{
		{"isSiteUser", true},
		{"isConnected", true},
		{"isLoggedIn", c.caller.person != "" && !c.caller.server},
		{"isTempUser", false},
		{"loginProvider", "site"},
		{"loginProviderUID", uid},
		{"identities", []object{identity}},
		{"capabilities", ""},
	}...)
	return append(all, fields...), nil
}

// GetPolicies tells the site's size of thumbnails.
func (h *Handler) GetPolicies(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"sections"},
		run: func(c *call) (object, error) {
			if !c.caller.server {
				return nil, wrong(permissionDenied, "You do not have the required permissions to call it.")
			}
			return object{{"profilePhoto", object{
				{"thumbnailWidth", c.site.Thumbnail.Width}, {"thumbnailHeight", c.site.Thumbnail.Height},
			}}}, nil
		},
	})
}

// SetPolicies changes it. Photos that are published keep the thumbnail that they have.
func (h *Handler) SetPolicies(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"profilephoto"},
		run: func(c *call) (object, error) {
			if !c.caller.server || c.caller.person != "" {
				return nil, wrong(permissionDenied, "You do not have the required permissions to call it.")
			}
			text, err := c.params.want("profilePhoto")
			if err != nil {
				return nil, err
			}
			size, err := policySize(text, c.site.Thumbnail)
			if err != nil {
				return nil, err
			}
			return nil, c.Sites.SetThumbnail(c.ctx(), c.site.APIKey, size)
		},
	})
}

// savedLife is how long an answer is kept for a page that could not read it.
const savedLife = 5 * time.Minute

// maxSavedID is how long the id of such an answer may be, in bytes.
const maxSavedID = 256

// savedKey is where a request's context says that its answer may be kept.
const savedKey = "gigya.saved"

// savedName is under which an answer is kept: a page of one site does not get that of another.
func savedName(p *params) string { return p.get("apikey") + "\n" + p.get("saveresponseid") }

// GetSavedResponse answers what an earlier call was answered whose answer a page could not read. Only the
// page knows the id that it chose for it.
func (h *Handler) GetSavedResponse(c echo.Context) error {
	return h.serve(c, method{open: true, run: func(c *call) (object, error) {
		if err := c.findSite(c.params.get("apikey")); err != nil {
			return nil, err
		}
		if err := c.checkOrigin(); err != nil {
			return nil, err
		}
		if _, err := c.params.want("saveResponseID"); err != nil {
			return nil, err
		}
		text, err := c.Sites.Answer(c.ctx(), savedName(c.params), c.Clock())
		if fault.Is(err, fault.NotFound) {
			return nil, wrong(notFound, "There is no saved response with this ID.")
		}
		if err != nil {
			return nil, err
		}
		c.Set(replayKey, text)
		return nil, nil
	}})
}

// replayKey is where a request's context holds the answer of another one, which is its own.
const replayKey = "gigya.replay"
