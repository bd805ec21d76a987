package association

import (
	"github.com/google/uuid"

	"cameo/storage"
	"cameo/storage/fault"
)

// Site is a key by which clients of Gigya and Salesforce name a community, and what they may do with it.
type Site struct {
	APIKey    string
	Community storage.Community
	Secret    string // sealed; base64 once it is opened
	Created   storage.Millis
	Rotated   storage.Millis // since when the secret is good
	Disabled  storage.Millis // since when the site is shut; 0: not
	Thumbnail Box
	Register  bool     // people register by themselves
	Origins   []string // of pages that may call without a signature, as browsers write them
}

// sites is the name space of the GUIDs of sites.
const sites = "urn:cameo:sites"

// Integration is the GUID of the person as whom the site's own server is signed in, always the same one.
func (s Site) Integration() GUID {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte(sites))
	return GUID(uuid.NewSHA1(space, []byte(s.APIKey)).String())
}

// SiteKey is that of a user or an application of a site. It has either a secret or a public key.
type SiteKey struct {
	UserKey string
	APIKey  string
	Secret  string // sealed
	Public  string // an RSA key in PEM
	Created storage.Millis
}

// Box is a size in pixels.
type Box struct{ Width, Height int }

// DefaultThumbnail is the size of thumbnails of a site that was told nothing else.
func DefaultThumbnail() Box { return Box{64, 64} }

// Temporary is a photo that was sent and is not shown.
type Temporary struct {
	Community storage.Community
	Person    GUID
	Upload    storage.Key
	Holder    string // hash of what was shown when it was sent; "" of a signed call
	Created   storage.Millis
}

// Thumbnail is a photo trimmed to a size.
type Thumbnail struct {
	Version Version
	Size    Box
	Type    string // media type
	Bytes   []byte
}

// NoSite is the answer for a site or a key of one that is not there.
func NoSite() error { return fault.New(fault.NotFound, "there is no such site") }
