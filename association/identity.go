package association

import (
	"context"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"cameo/storage"
	"cameo/storage/fault"
)

// System is where a person has another name than their GUID.
type System string

// The systems.
const (
	Gigya      System = "gigya"      // a UID: any text of 1 to 256 bytes, compared exactly
	Salesforce System = "salesforce" // a user's id: 005 and 12 more characters, with or without its checksum
	Login      System = "login"      // what a person signs in with here, in any case
	Email      System = "email"      // an address, in any case
)

// Systems lists all.
func Systems() []System { return []System{Gigya, Salesforce, Login, Email} }

// ParseSystem reads a System from text; Invalid.
func ParseSystem(s string) (System, error) {
	for _, known := range Systems() {
		if s == string(known) {
			return known, nil
		}
	}
	return "", fault.New(fault.Invalid, "system must be gigya, salesforce, login or email").About("system")
}

// Identity is a person's name in a system. It is one person's in a community.
type Identity struct {
	System System
	Name   string // as it is compared
	Shown  string // as it is shown
}

// ParseIdentity reads a name as the system writes it; Invalid.
func ParseIdentity(system System, text string) (Identity, error) {
	id, why := Identity{System: system, Name: text, Shown: text}, ""
	switch system {
	case Gigya:
		if !isText(text, longestUID) {
			why = "a UID has 1 to 256 bytes of text"
		}
	case Salesforce:
		if id.Name, id.Shown = salesforce(text); id.Name == "" {
			why = "a Salesforce user's id begins with 005 and has 15 characters, or 18 with its checksum"
		}
	case Login:
		if id.Name = strings.ToLower(text); !isName(text) {
			why = "a login name has 1 to 255 bytes that can be shown"
		}
	case Email:
		if id.Name = strings.ToLower(text); !isAddress(text) {
			why = "an e-mail address is wanted, such as jane@example.org"
		}
	default:
		_, err := ParseSystem(string(system))
		return Identity{}, err
	}
	if why != "" {
		return Identity{}, fault.New(fault.Invalid, "%s", why).About(string(system))
	}
	return id, nil
}

// Bounds in bytes.
const (
	longestUID   = 256
	longestName  = 255
	longestEmail = 254 // RFC 5321, section 4.5.3.1.3, without the angle brackets
)

// isText says whether both databases can keep it.
func isText(s string, longest int) bool {
	return s != "" && len(s) <= longest && utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

func isName(s string) bool {
	return isText(s, longestName) && strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, unicode.IsControl)
}

// isAddress takes what RFC 5322 calls an addr-spec, without comments, quotes and white space.
func isAddress(s string) bool {
	const foreign = ` "(),:;<>[]\`
	if !isText(s, longestEmail) || strings.ContainsFunc(s, unprintable) || strings.ContainsAny(s, foreign) {
		return false
	}
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s && parsed.Name == ""
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// The form of a Salesforce id.
const (
	salesforceUser  = "005"
	salesforceShort = 15
	salesforceLong  = 18
)

// salesforce returns an id with 15 characters and with 18, or nothing.
func salesforce(s string) (short, long string) {
	if len(s) != salesforceShort && len(s) != salesforceLong || !storage.IsBase62(s) ||
		!strings.HasPrefix(s, salesforceUser) {
		return "", ""
	}
	short = s[:salesforceShort]
	if long = short + Checksum(short); len(s) == salesforceLong && s != long {
		return "", ""
	}
	return short, long
}

// Checksum is the end that makes an id of 15 characters one of 18, for programs that ignore case. Each of its
// three says which of five characters are upper case, the first by the lowest bit.
func Checksum(short string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	var sum [3]byte
	for i := range sum {
		bits := 0
		for j := range 5 {
			if c := short[5*i+j]; c >= 'A' && c <= 'Z' {
				bits |= 1 << j
			}
		}
		sum[i] = digits[bits]
	}
	return string(sum[:])
}

// Identities keeps people's names in other systems. Its methods join the transaction of their context.
type Identities interface {
	// Link gives a person the name. One that the person has already is no error; another person's is Exists,
	// and tells nothing of that one. It says whether anything changed.
	Link(ctx context.Context, c storage.Community, person GUID, id Identity) (bool, error)
	// Unlink takes the name from the person. It says whether they had it.
	Unlink(ctx context.Context, c storage.Community, person GUID, id Identity) (bool, error)
	// Holder returns the person who has the name; NotFound.
	Holder(ctx context.Context, c storage.Community, id Identity) (Person, error)
	// Identities lists a person's names, by system and name.
	Identities(ctx context.Context, c storage.Community, person GUID) ([]Identity, error)
}

// Holder returns the person who has a name in a system; NotFound.
func (s *Service) Holder(ctx context.Context, c storage.Community, id Identity) (Person, error) {
	return s.Identities.Holder(ctx, c, id)
}

// Link gives a person a name in another system. In an open directory the person may be new. A name that
// another person has is Exists.
func (s *Service) Link(ctx context.Context, a Actor, c storage.Community, person GUID, id Identity) error {
	if err := a.May(ManagePeople, c, person); err != nil {
		return err
	}
	return s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		p, err := s.meet(ctx, c, person)
		if err != nil {
			return Entry{}, err
		}
		changed, err := s.Identities.Link(ctx, c, p.GUID, id)
		if err != nil || !changed {
			return Entry{}, err
		}
		return Entry{Community: c, Action: Linked, Person: p.GUID, Object: id.String()}, nil
	})
}

// Unlink takes a name from a person. Taking what is not theirs is no error; an unknown person is NotFound.
func (s *Service) Unlink(ctx context.Context, a Actor, c storage.Community, person GUID, id Identity) error {
	if err := a.May(ManagePeople, c, person); err != nil {
		return err
	}
	return s.Audited(ctx, a, func(ctx context.Context) (Entry, error) {
		p, err := s.Directory.Lock(ctx, c, person)
		if err != nil {
			return Entry{}, err
		}
		had, err := s.Identities.Unlink(ctx, c, p.GUID, id)
		if err != nil || !had {
			return Entry{}, err
		}
		return Entry{Community: c, Action: Unlinked, Person: p.GUID, Object: id.String()}, nil
	})
}

// String is the identity as the audit log has it.
func (i Identity) String() string { return string(i.System) + ":" + i.Shown }
