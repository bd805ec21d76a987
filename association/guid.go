package association

import (
	"strings"

	"cameo/storage"
	"cameo/storage/fault"
)

// GUID names a person within a community, in its one canonical form: lower case, with dashes, without braces.
type GUID string

// ParseGUID reads a GUID in any case, with or without braces. Anything else is Invalid.
func ParseGUID(s string) (GUID, error) {
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		s = s[1 : len(s)-1]
	}
	s = strings.ToLower(s)
	if len(s) != 36 {
		return "", notGUID()
	}
	for i := range len(s) {
		switch dash := i == 8 || i == 13 || i == 18 || i == 23; {
		case dash && s[i] == '-':
		case !dash && (s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f'):
		default:
			return "", notGUID()
		}
	}
	return GUID(s), nil
}

func notGUID() error {
	return fault.New(fault.Invalid, "a GUID is wanted, such as 6f9619ff-8b86-d011-b42d-00c04fc964ff")
}

// Subject is the person as the owner of uploads.
func (g GUID) Subject() storage.Subject { return storage.Subject(g) }
