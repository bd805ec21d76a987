package imaging

import (
	"image"
	"slices"

	"cameo/storage/fault"
)

// Recipe numbers the way in which renditions are made. It grows with every change of their bytes, so that a
// URL or ETag that carries it never means two pictures.
const Recipe = 2

// Request says what to make of a picture.
type Request struct {
	Crop  Crop // the zero Crop is the centre square
	Specs []Spec
}

// Crop is a square within the upright picture, in pixels from its upper left corner.
type Crop struct{ X, Y, Size int }

// Shape says what a rendition shows and which of its sides a Spec measures.
type Shape int

// The shapes.
const (
	Square Shape = iota // the crop; both sides
	Wide                // the whole picture; its width
	Whole               // the whole picture; its longer side
)

// Longest is the longest side of any rendition, in pixels.
const Longest = 1024

// Spec asks for one rendition. Its bytes depend on the file, the Crop and the Spec, not on what else is asked
// for.
type Spec struct {
	Shape  Shape
	Pixels int // of the side that Shape names, 1 to Longest; a smaller picture makes a smaller rendition
	// Type is JPEG (composed on white if the picture is translucent), PNG or WebP; "" is PNG if the picture is
	// translucent, else JPEG.
	Type string
}

var squareSides = [...]int{45, 48, 64, 96, 128, 256, 512, 1024}

// Squares lists the sides of the squares of the Plan, in pixels, ascending.
func Squares() []int { return slices.Clone(squareSides[:]) }

// Plan is what is made of every photo: squares of 45 to 1024 pixels, the whole picture 160 and 200 pixels
// wide and in the size that is shown large, and all but the large ones as WebP as well, if WebP can be
// made.
func Plan() []Spec {
	var all []Spec
	for _, n := range squareSides {
		all = append(all, Spec{Pixels: n})
	}
	for _, n := range [...]int{160, 200} {
		all = append(all, Spec{Shape: Wide, Pixels: n})
	}
	all = append(all, Spec{Shape: Whole, Pixels: Longest})
	if !HasWebP {
		return all
	}
	for _, s := range all {
		if s.Pixels <= largestWebP {
			s.Type = WebP
			all = append(all, s)
		}
	}
	return all
}

// PlanSquare is what is made of a photo in one more size: the square, and as the Plan would have it as WebP.
func PlanSquare(pixels int) []Spec {
	all := []Spec{{Pixels: pixels}}
	if HasWebP && pixels <= largestWebP {
		all = append(all, Spec{Pixels: pixels, Type: WebP})
	}
	return all
}

// largestWebP is where WebP stops to be worth its time.
const largestWebP = 512

// Picture is what was made of a file, and what was learned of it.
type Picture struct {
	Header     Header
	Crop       Crop        // that was used
	Renditions []Rendition // one for each Spec, in the same order
	Thumbhash  []byte      // of the crop; it tells a blurred picture in some twenty bytes
	Colour     Colour      // that dominates the crop
}

// Colour is a colour in sRGB.
type Colour struct{ R, G, B uint8 }

// Rendition is a picture as it is served. Renditions that are the same share their Bytes.
type Rendition struct {
	Spec          Spec
	Type          string // media type
	Width, Height int    // in pixels
	Bytes         []byte
}

// judge says what is wrong with the Specs.
func (q Request) judge() error {
	for _, s := range q.Specs {
		if s.Pixels < 1 || s.Pixels > Longest {
			return fault.New(fault.Invalid, "a rendition has 1 to %d pixels a side", Longest)
		}
		if s.Type != "" && s.Type != JPEG && s.Type != PNG && s.Type != WebP {
			return fault.New(fault.Invalid, "no picture of the type %q can be made", s.Type)
		}
	}
	return nil
}

// wantsWhole says whether anything but the crop is asked for.
func (q Request) wantsWhole() bool {
	return slices.ContainsFunc(q.Specs, func(s Spec) bool { return s.Shape != Square })
}

// Within is nil if the crop is a square within an upright picture of that size, in pixels, or the zero Crop;
// else Invalid.
func (c Crop) Within(width, height int) error {
	_, err := c.within(image.Rect(0, 0, width, height))
	return err
}

// Of is the crop as it is used on an upright picture of that size, in pixels: the zero Crop becomes the
// square in the centre. It is for crops that are Within.
func (c Crop) Of(width, height int) Crop {
	if c != (Crop{}) {
		return c
	}
	size := min(width, height)
	return Crop{X: (width - size) / 2, Y: (height - size) / 2, Size: size}
}

// within is the crop as a part of a picture. A crop that is not inside is BadCrop.
func (c Crop) within(picture image.Rectangle) (image.Rectangle, error) {
	c = c.Of(picture.Dx(), picture.Dy())
	fits := c.Size > 0 && c.X >= 0 && c.Y >= 0 && c.X <= picture.Dx()-c.Size && c.Y <= picture.Dy()-c.Size
	if !fits {
		return image.Rectangle{}, BadCrop.Fault()
	}
	return image.Rect(c.X, c.Y, c.X+c.Size, c.Y+c.Size), nil
}
