package salesforce

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// The prefixes of ids, which say what they name.
const (
	photoPrefix     = "729" // and a version
	filePrefix      = "069" // and two zeros and an upload's key
	communityPrefix = "0DB" // and the community's key in twelve digits
	orgPrefix       = "00D" // likewise
)

const (
	shortID = 15 // characters
	longID  = 18 // with the checksum
)

// parseID reads an id in either of its two lengths, and returns what stands behind the prefix. One that is
// none, has a wrong checksum, or names something else is refused.
func parseID(prefix, text string) (string, error) {
	if len(text) != shortID && len(text) != longID || !storage.IsBase62(text) {
		return "", noID(text)
	}
	short := text[:shortID]
	if !strings.HasPrefix(text, prefix) || len(text) == longID && text != long(short) {
		return "", noID(text)
	}
	return short[len(prefix):], nil
}

// long is an id of 15 characters with its checksum.
func long(short string) string { return short + association.Checksum(short) }

func photoID(v association.Version) string { return long(photoPrefix + string(v)) }

func fileID(k storage.Key) string { return long(filePrefix + "00" + string(k)) }

// parseFileID returns the key of the upload that a file is.
func parseFileID(text string) (storage.Key, error) {
	rest, err := parseID(filePrefix, text)
	if err != nil {
		return "", err
	}
	key, ok := strings.CutPrefix(rest, "00")
	if !ok {
		return "", storage.NoUpload()
	}
	return storage.ParseKey(key)
}

// numbered is the id of something that a community's key names.
func numbered(prefix string, c storage.Community) string {
	return long(fmt.Sprintf("%s%012d", prefix, c))
}

// parseCommunity reads the community of the path: its key, the key in an id, or internal. At a path without
// one, and for internal, it is the only one of which the actor is a member.
func parseCommunity(c echo.Context, a association.Actor) (storage.Community, error) {
	text, err := reply.Param(c, "communityId")
	if err != nil {
		return 0, err
	}
	if text == "" || text == "internal" || text == "null" {
		switch all := a.Memberships(); len(all) {
		case 0:
			return 0, fault.New(fault.NotFound, "there is no such community")
		case 1:
			return all[0], nil
		}
		return 0, refuse(illegalValue, "you belong to several communities: say which one in the path")
	}
	if !strings.HasPrefix(text, communityPrefix) {
		return storage.ParseCommunity(text)
	}
	digits, err := parseID(communityPrefix, text)
	if err != nil {
		return 0, err
	}
	return storage.ParseCommunity(strings.TrimLeft(digits, "0"))
}

// version is a version of the interface, without its .0.
type version int

// The versions that are spoken, and that from which on photos have the path user-profiles.
const (
	oldest            version = 23
	userProfilesSince version = 35
	latest            version = 67
)

// String is the version as paths have it.
func (v version) String() string { return "v" + strconv.Itoa(int(v)) + ".0" }

// parseVersion reads v23.0 to v67.0; others are NotFound.
func parseVersion(text string) (version, error) {
	for v := oldest; v <= latest; v++ {
		if text == v.String() {
			return v, nil
		}
	}
	return 0, fault.New(fault.NotFound, "versions v23.0 to v67.0 are spoken")
}
