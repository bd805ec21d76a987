package association

import (
	"io"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// VersionLength is the number of characters of a Version: 71 random bits, which a stranger does not guess.
const VersionLength = 12

// Version names one photo for ever: exactly twelve characters of 0-9, A-Z and a-z.
type Version string

// ParseVersion reads a Version from text. What cannot be one is NotFound, as a version that nobody has is.
func ParseVersion(s string) (Version, error) {
	if len(s) != VersionLength || !storage.IsBase62(s) {
		return "", NoPhoto()
	}
	return Version(s), nil
}

// DrawVersion draws a new Version from random, which is crypto/rand's Reader outside of tests.
func DrawVersion(random io.Reader) (Version, error) {
	s, err := storage.DrawBase62(random, VersionLength)
	return Version(s), err
}

// NoPhoto is the one answer for a photo that is missing, not ready or of another community.
func NoPhoto() error { return fault.New(fault.NotFound, "there is no such photo") }

// PhotoState is where a photo stands on its way to being shown.
type PhotoState int

// A photo begins Pending. A Ready photo stays Ready when a newer one replaces it, and is served until its
// Due; when it is taken away, by its person or an administrator, it is Removed at once.
const (
	Pending    PhotoState = iota + 1 // its renditions are still to be made
	Ready                            // it can be shown
	Failed                           // it cannot be shown; Reason says why
	Superseded                       // a newer photo came, or it was removed, before it was ready
	Removed                          // it was Ready and was taken away: it is served no more
)

var photoStates = [...]string{
	Pending: "pending", Ready: "ready", Failed: "failed", Superseded: "superseded", Removed: "removed",
}

// String is the state's name in lower case; "none" for no state.
func (s PhotoState) String() string {
	if s < Pending || s > Removed {
		return "none"
	}
	return photoStates[s]
}

// PictureOnly is the Note of an upload that came as a photo's picture, and is no file to choose again.
const PictureOnly = "no file"

// Photo is one version of a person's photo.
type Photo struct {
	Version   Version
	Community storage.Community
	Person    GUID
	Upload    storage.Key // the original
	State     PhotoState
	Crop      imaging.Crop // what is shown of the upright picture; the zero Crop is its centre square
	Reason    string       // why it Failed: a code of imaging.Reason
	Type      string       // media type of the original, as its signature says; "" before Ready
	Width     int          // of the original, upright, in pixels; 0 before Ready
	Height    int
	Thumbhash []byte         // of what is shown: a blurred picture in some twenty bytes; nil before Ready
	Colour    imaging.Colour // that dominates it
	Created   storage.Millis
	// Due is when a Pending photo may be claimed, and when one that is over is forgotten: a replaced Ready one
	// is served until then. 0 otherwise.
	Due   storage.Millis
	Epoch int64 // counts the claims: the fence between workers
	Tries int   // attempts that were not given back
	// Renditions are those that exist, by Shape and Pixels; only Ready photos have some.
	Renditions []Rendition
}

// ID names the photo's original.
func (p Photo) ID() storage.ID { return storage.ID{Community: p.Community, Key: p.Upload} }

// Served says whether the photo may be shown to those who know its version.
func (p Photo) Served(now storage.Millis) bool {
	return p.State == Ready && (p.Due == 0 || now < p.Due)
}
