package association

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// Recipe numbers the way renditions are made. It grows with every change of their bytes, so that a URL or
// ETag that carries it never means two pictures.
const Recipe = imaging.Recipe

// Rendition is a picture made of an original, as it is served.
type Rendition struct {
	Shape  imaging.Shape
	Pixels int // asked for, of the side that Shape names; a smaller original makes a smaller picture
	Type   string
	Recipe int
	Blob   storage.Name
	At     int64  // where its bytes begin in the blob
	Length int64  // bytes
	CRC    uint64 // CRC-64/NVME of the bytes
	Width  int
	Height int
}

// SheetName names the blob in which the worker of an epoch lays all that it makes of a photo, end to end: one
// request to a store for a dozen pictures. Every claim has a name of its own, so that a worker that wakes up
// late cannot touch what another has made.
func SheetName(v Version, epoch int64) storage.Name {
	return storage.Name(fmt.Sprintf("%s/%d-%d", v, Recipe, epoch))
}

// blobs names where the renditions lie.
func (p Photo) blobs() []storage.Name {
	names := make([]storage.Name, len(p.Renditions))
	for i, r := range p.Renditions {
		names[i] = r.Blob
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Picture is a rendition together with the photo that it shows.
type Picture struct {
	Photo     Photo
	Rendition Rendition
}

// Want says which rendition of a photo is wanted.
type Want struct {
	Shape  imaging.Shape
	Pixels int  // of the side that Shape names
	WebP   bool // is welcome: it is smaller
}

// Choose returns the smallest rendition of the wanted shape that has at least the wanted pixels, else the
// largest; false when there is none of the shape. Among the Wide ones is the Whole one.
func (p Photo) Choose(w Want) (Rendition, bool) {
	var best Rendition
	found := false
	for _, r := range p.Renditions {
		webp := r.Type == imaging.WebP
		switch {
		case !w.covers(r.Shape) || webp && !w.WebP:
		case !found, w.prefers(r, best):
			best, found = r, true
		}
	}
	return best, found
}

func (w Want) covers(s imaging.Shape) bool {
	return s == w.Shape || w.Shape == imaging.Wide && s == imaging.Whole
}

// prefers says whether r is a better answer than best.
func (w Want) prefers(r, best Rendition) bool {
	has, had := r.side(), best.side()
	switch {
	case has == had:
		return r.Type == imaging.WebP && best.Type != imaging.WebP
	case had < w.Pixels:
		return has > had
	}
	return has >= w.Pixels && has < had
}

// side is what a Want measures. Squares go by what was asked for: of a small original all are alike.
func (r Rendition) side() int {
	if r.Shape == imaging.Square {
		return r.Pixels
	}
	return r.Width
}

// DefaultSize is the size of a picture for which no size is named.
const DefaultSize = 256

// Sizes lists the squares that are made of every photo, in pixels, ascending.
func Sizes() []int { return imaging.Squares() }

// ParseSize reads the side of a square in pixels; "" is DefaultSize. One that is neither in Sizes nor in the
// Sizes of the Limits is Invalid.
func (s *Service) ParseSize(text string) (int, error) {
	if text == "" {
		return DefaultSize, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || !slices.Contains(s.sizes, n) || text != strconv.Itoa(n) {
		return 0, fault.New(fault.Invalid, "size must be one of %s",
			strings.Trim(fmt.Sprint(s.sizes), "[]")).About("size")
	}
	return n, nil
}

// allSizes lists the squares that may be asked for, ascending: those of every photo, and those on demand.
func (l Limits) allSizes() []int {
	all := slices.Concat(Sizes(), l.Sizes)
	slices.Sort(all)
	return slices.Compact(all)
}
