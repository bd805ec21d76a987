package association

import (
	"fmt"
	"io"
	"slices"
	"strconv"

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

// Photo is one version of a person's photo.
type Photo struct {
	Version   Version
	Community storage.Community
	Person    GUID
	Upload    storage.Key // the original
	State     PhotoState
	Reason    string // why it Failed: a code of imaging.Reason
	Type      string // media type of the original, as its signature says; "" before Ready
	Width     int    // of the original, upright, in pixels; 0 before Ready
	Height    int
	Created   storage.Millis
	// Due is when a Pending photo may be claimed, and when a replaced Ready one ends to be served; 0 otherwise.
	Due   storage.Millis
	Epoch int64 // counts the claims: the fence between workers
	Tries int   // attempts that were not given back
	// Renditions are those that exist, by Size; only Ready photos have some.
	Renditions []Rendition
}

// ID names the photo's original.
func (p Photo) ID() storage.ID { return storage.ID{Community: p.Community, Key: p.Upload} }

// Served says whether the photo may be shown to those who know its version.
func (p Photo) Served(now storage.Millis) bool {
	return p.State == Ready && (p.Due == 0 || now < p.Due)
}

// blobs names where the renditions lie.
func (p Photo) blobs() []storage.Name {
	names := make([]storage.Name, len(p.Renditions))
	for i, r := range p.Renditions {
		names[i] = r.Blob
	}
	return names
}

// Closest returns the smallest rendition that is at least size wide, else the largest; false when there is
// none.
func (p Photo) Closest(size int) (Rendition, bool) {
	if len(p.Renditions) == 0 {
		return Rendition{}, false
	}
	for _, r := range p.Renditions {
		if r.Size >= size {
			return r, true
		}
	}
	return p.Renditions[len(p.Renditions)-1], true
}

// Recipe numbers the way renditions are made. It grows with every change of their bytes, so that a URL or
// ETag that carries it never means two pictures.
const Recipe = imaging.Recipe

// Rendition is a square picture made of an original, as it is served.
type Rendition struct {
	Size   int // asked for, in pixels; a smaller original makes a smaller picture
	Recipe int
	Blob   storage.Name
	Length int64 // bytes
	Type   string
	CRC    uint64 // CRC-64/NVME of the bytes
	Width  int
	Height int
}

// RenditionName names the blob that the worker of an epoch makes. Every claim has names of its own, so that
// a worker that wakes up late cannot touch what another has made.
func RenditionName(v Version, size int, epoch int64) storage.Name {
	return storage.Name(fmt.Sprintf("%s/%d-%d-%d", v, Recipe, size, epoch))
}

// Picture is a rendition together with the photo that it shows.
type Picture struct {
	Photo     Photo
	Rendition Rendition
}

// DefaultSize is the size of a picture for which no size is named.
const DefaultSize = 256

var sizes = [...]int{45, 48, 64, 96, 128, 256, 512, 1024}

// Sizes lists the sizes that may be asked for, in pixels, ascending.
func Sizes() []int { return slices.Clone(sizes[:]) }

// ParseSize reads a size in pixels; "" is DefaultSize. One that is not in Sizes is Invalid.
func ParseSize(s string) (int, error) {
	if s == "" {
		return DefaultSize, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || !slices.Contains(sizes[:], n) || s != strconv.Itoa(n) {
		return 0, fault.New(fault.Invalid, "size must be one of 45, 48, 64, 96, 128, 256, 512, 1024").About("size")
	}
	return n, nil
}
