package imaging

import "image"

// turn is an orientation of EXIF as steps from the stored picture to the upright one: mirrored along an
// axis of the stored one, then rows and columns exchanged.
type turn struct{ mirroredX, mirroredY, transposed bool }

var turns = [...]turn{
	1: {},
	2: {mirroredX: true},
	3: {mirroredX: true, mirroredY: true},
	4: {mirroredY: true},
	5: {transposed: true},
	6: {mirroredY: true, transposed: true},
	7: {mirroredX: true, mirroredY: true, transposed: true},
	8: {mirroredX: true, transposed: true},
}

// stored returns where a rectangle of the upright picture lies in the stored one of w × h pixels.
func stored(r image.Rectangle, orientation, w, h int) image.Rectangle {
	t := turns[orientation]
	if t.transposed {
		r = image.Rect(r.Min.Y, r.Min.X, r.Max.Y, r.Max.X)
	}
	if t.mirroredX {
		r.Min.X, r.Max.X = w-r.Max.X, w-r.Min.X
	}
	if t.mirroredY {
		r.Min.Y, r.Max.Y = h-r.Max.Y, h-r.Min.Y
	}
	return r
}
