package imaging

import "image"

// plane is one channel of a picture: h rows of w samples, a byte each, that begin stride bytes apart. A
// sample covers stepX × stepY pixels of the picture: 1 × 1, but more where colour is stored coarsely.
type plane struct {
	pix          []byte
	stride       int
	w, h         int
	stepX, stepY int
}

// rowAlign and columnAlign are what an own plane's memory is rounded up to, in samples: its samples are
// worked on in words, and what lies in the rounding is never seen.
const (
	rowAlign    = 16
	columnAlign = 8
)

func newPlane(w, h int) plane {
	stride := roundUp(w, rowAlign)
	return plane{
		pix: make([]byte, stride*roundUp(h, columnAlign)), stride: stride, w: w, h: h, stepX: 1, stepY: 1,
	}
}

// row returns the samples of row y.
func (p plane) row(y int) []byte { return p.pix[y*p.stride:][:p.w] }

func (p plane) bounds() image.Rectangle { return image.Rect(0, 0, p.w, p.h) }

// model is what the planes of a raster mean.
type model int

const (
	gray   model = iota + 1
	ycbcr        // of the full range, as JPEG has it
	studio       // Y, Cb and Cr of the range of television, 16 to 235 and 240, as WebP has it
	rgb
	rgba // the colours multiplied by alpha
)

// coarse says whether channel i is one of the two colours beside luma, which own rasters store coarsely.
func (m model) coarse(i int) bool { return (m == ycbcr || m == studio) && i > 0 }

// raster is a picture as planes, in the order of its model's name.
type raster struct {
	model  model
	planes []plane
}

// size is that of the picture in pixels; the first plane of every own raster is not coarse.
func (r raster) size() (w, h int) { return r.planes[0].w, r.planes[0].h }

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func ceilDiv(n, by int) int { return (n + by - 1) / by }
