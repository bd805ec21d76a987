package gigya

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// profile is what is told of a person beside their UID.
type profile struct {
	said             map[string]any // by socialize.setUserInfo
	updated          storage.Millis
	name             string // by the directory, where nothing was said
	photo, thumbnail string // addresses of the photo that is shown, where nothing was said
}

// profileFields are those that are kept, in the order in which they are told.
var profileFields = [...]string{
	"nickname", "photoURL", "thumbnailURL", "firstName", "lastName", "gender", "age", "email",
}

// fields are those that hold something.
func (p profile) fields() object {
	also := map[string]string{"nickname": p.name, "photoURL": p.photo, "thumbnailURL": p.thumbnail}
	all := object{}
	for _, name := range profileFields {
		value := p.said[name]
		if value == nil && also[name] != "" {
			value = also[name]
		}
		if value != nil {
			all = append(all, member{name, value})
		}
	}
	return all
}

// said is what was said of a person.
func (c *call) said(person association.GUID) (profile, error) {
	text, updated, err := c.Profiles.Profile(c.ctx(), c.site.Community, person)
	if fault.Is(err, fault.NotFound) {
		return profile{}, nil
	}
	if err != nil {
		return profile{}, err
	}
	fields, err := parseSaid(text)
	return profile{said: fields, updated: updated}, err
}

func parseSaid(text string) (map[string]any, error) {
	fields := map[string]any{}
	if text == "" {
		return fields, nil
	}
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, fault.Wrap(err, fault.Corrupt, "the stored profile cannot be read")
	}
	return fields, nil
}

// SetUserInfo says something of a person. What it does not mention stays.
func (h *Handler) SetUserInfo(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"uid", "userinfo"},
		run: func(c *call) (object, error) {
			text, err := c.params.want("userInfo")
			if err != nil {
				return nil, err
			}
			fields, err := parseUserInfo(text)
			if err != nil {
				return nil, err
			}
			person, err := c.about()
			if err != nil {
				return nil, err
			}
			if err := c.caller.actor.MayEdit(c.site.Community, person); err != nil {
				return nil, err
			}
			return nil, c.say(person, fields)
		},
	})
}

// say changes fields of a person's profile; nil takes one away.
func (c *call) say(person association.GUID, fields map[string]any) error {
	err := c.Profiles.SetProfile(c.ctx(), c.site.Community, person, c.Clock(),
		func(before string) (string, error) {
			all, err := parseSaid(before)
			if err != nil {
				return "", err
			}
			for name, value := range fields {
				if all[name] = value; value == nil {
					delete(all, name)
				}
			}
			text, err := json.Marshal(all)
			return string(text), err
		})
	if fault.Is(err, fault.NotFound) {
		return wrong(unauthorizedUser, "%s", messages[unauthorizedUser])
	}
	return err
}

// forgetPictures drops addresses that were said: from now on the photo's own are told.
func (c *call) forgetPictures(person association.GUID) error {
	told, err := c.said(person)
	if err != nil || told.said["photoURL"] == nil && told.said["thumbnailURL"] == nil {
		return err
	}
	return c.say(person, map[string]any{"photoURL": nil, "thumbnailURL": nil})
}

// Bounds of what is said, in bytes.
const (
	maxSaid     = 255
	maxSaidURL  = 2048
	oldestHuman = 150 // years
)

// parseUserInfo reads a JSON object of profileFields, and drops other fields. An empty value takes a field
// away.
func parseUserInfo(text string) (map[string]any, error) {
	var given map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&given); err != nil || given == nil || d.More() {
		return nil, wrong(invalidFormat, "userInfo must be a JSON object")
	}
	fields := map[string]any{}
	for _, name := range profileFields {
		value, ok := given[name]
		if !ok {
			continue
		}
		read, err := parseField(name, value)
		if err != nil {
			return nil, err
		}
		fields[name] = read
	}
	if fields["thumbnailURL"] != nil && fields["photoURL"] == nil {
		return nil, wrong(invalidValue, "userInfo: thumbnailURL needs a photoURL beside it")
	}
	return fields, nil
}

// parseField reads the value of a field; nil for an empty one.
func parseField(name string, value any) (any, error) {
	bad := wrong(invalidValue, "userInfo: %s is not valid", name)
	if value == nil || value == "" {
		return nil, nil //nolint:nilnil // the field is to go
	}
	text, isText := value.(string)
	if name == "age" {
		if number, ok := value.(json.Number); ok {
			text = number.String()
		}
		age, err := strconv.Atoi(text)
		if err != nil || age < 0 || age > oldestHuman {
			return nil, bad
		}
		return age, nil
	}
	longest, good := maxSaid, isText && !strings.ContainsRune(text, 0)
	switch name {
	case "photoURL", "thumbnailURL":
		u, err := url.Parse(text)
		longest = maxSaidURL
		good = good && err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	case "gender":
		good = text == "m" || text == "f" || text == "u"
	case "email":
		_, err := association.ParseIdentity(association.Email, text)
		good = good && err == nil
	}
	if !good || len(text) > longest || !utf8.ValidString(text) {
		return nil, bad
	}
	return text, nil
}

// policySize reads the section profilePhoto of a site's policies. What it does not mention stays.
func policySize(text string, size association.Box) (association.Box, error) {
	section := struct{ ThumbnailWidth, ThumbnailHeight *int }{&size.Width, &size.Height}
	if err := json.Unmarshal([]byte(text), &section); err != nil ||
		section.ThumbnailWidth == nil || section.ThumbnailHeight == nil {
		return size, wrong(invalidFormat, "profilePhoto must be a JSON object with two numbers")
	}
	size, ok := parseBox(strconv.Itoa(*section.ThumbnailWidth), strconv.Itoa(*section.ThumbnailHeight))
	if !ok {
		return size, wrong(invalidValue, "profilePhoto: the thumbnail's size is out of bounds")
	}
	return size, nil
}
