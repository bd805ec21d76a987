package imaging

import (
	"bytes"
	"image"
)

// Conversions between models are made on small rasters only: colour is a matter of the last thousand pixels a
// side, whatever the picture's size was.

// settled brings a raster to the models that are encoded: gray, ycbcr, or rgba if any pixel is translucent.
// p converts colours; nil if there is nothing to convert.
func (r raster) settled(p *profile) raster {
	if r.model == studio {
		r = r.widened()
	}
	if p != nil && r.model == ycbcr {
		r = r.toRGB()
	}
	if r.model == rgba && r.isOpaque() {
		r = raster{rgb, r.planes[:3]}
	}
	if p != nil && (r.model == rgb || r.model == rgba) {
		r.convert(p)
	}
	if r.model == rgb {
		r = r.toYCbCr()
	}
	return r
}

// widened brings samples of the studio's range to the full one, in place.
func (r raster) widened() raster {
	widen(r.planes[0].pix, r.planes[1].pix, r.planes[2].pix)
	return raster{ycbcr, r.planes}
}

func widen(y, cb, cr []byte) {
	var luma, chroma [256]byte
	for i := range luma {
		luma[i] = byte(min(max((i-16)*255+109, 0)/219, 255))
		chroma[i] = byte(min(max((i-128)*255+128*224+112, 0)/224, 255))
	}
	for i, v := range y {
		y[i] = luma[v]
	}
	for i := range cb {
		cb[i], cr[i] = chroma[cb[i]], chroma[cr[i]]
	}
}

func (r raster) isOpaque() bool {
	alpha := r.planes[3]
	for y := range alpha.h {
		for _, a := range alpha.row(y) {
			if a != 255 {
				return false
			}
		}
	}
	return true
}

// channels returns row y as red, green, blue and alpha, of a raster that is not ycbcr. opaque is the alpha of
// a row that has none.
func (r raster) channels(y int, opaque []byte) (red, green, blue, alpha []byte) {
	red, green, blue, alpha = r.planes[0].row(y), r.planes[0].row(y), r.planes[0].row(y), opaque
	if r.model != gray {
		green, blue = r.planes[1].row(y), r.planes[2].row(y)
	}
	if r.model == rgba {
		alpha = r.planes[3].row(y)
	}
	return red, green, blue, alpha
}

// convert changes the colours of an rgb or rgba raster, in place.
func (r raster) convert(p *profile) {
	opaque := bytes.Repeat([]byte{255}, r.planes[0].w)
	for y := range r.planes[0].h {
		red, green, blue, alpha := r.channels(y, opaque)
		for x, a := range alpha {
			c := plainColour(red[x], green[x], blue[x], a)
			c[0], c[1], c[2] = p.convert(c[0], c[1], c[2])
			premultiply(c[:], c[:])
			red[x], green[x], blue[x] = c[0], c[1], c[2]
		}
	}
}

// plainColour divides by alpha. A filter may have made a colour brighter than its alpha allows.
func plainColour(r, g, b, a byte) [pixelBytes]byte {
	c := [pixelBytes]byte{r, g, b, a}
	switch a {
	case 255:
	case 0:
		return [pixelBytes]byte{}
	default:
		for i := range 3 {
			c[i] = byte(min((int(c[i])*255+int(a)/2)/int(a), 255))
		}
	}
	return c
}

// toRGB is for ycbcr.
func (r raster) toRGB() raster {
	w, h := r.size()
	out := raster{model: rgb, planes: []plane{newPlane(w, h), newPlane(w, h), newPlane(w, h)}}
	for y := range h {
		luma, cb, cr := r.planes[0].row(y), r.planes[1].row(y/subsampled), r.planes[2].row(y/subsampled)
		red, green, blue := out.planes[0].row(y), out.planes[1].row(y), out.planes[2].row(y)
		for x, v := range luma {
			red[x], green[x], blue[x] = rgbOf(v, cb[x/subsampled], cr[x/subsampled])
		}
	}
	return out
}

// Fixed-point factors of JFIF's conversion, in 1/65536.
const fixedOne = 1 << 16

func rgbOf(y, cb, cr byte) (r, g, b byte) {
	v, u, w := int32(y)*fixedOne+fixedOne/2, int32(cb)-128, int32(cr)-128
	r, g, b = clampByte((v+91881*w)>>16), clampByte((v-22554*u-46802*w)>>16), clampByte((v+116130*u)>>16)
	return r, g, b
}

func clampByte(v int32) byte { return byte(min(max(v, 0), 255)) }

// toYCbCr is for rgb.
func (r raster) toYCbCr() raster {
	w, h := r.size()
	out := raster{model: ycbcr, planes: []plane{
		newPlane(w, h), newPlane(ceilDiv(w, subsampled), ceilDiv(h, subsampled)),
		newPlane(ceilDiv(w, subsampled), ceilDiv(h, subsampled)),
	}}
	for i := range out.planes[1:] {
		out.planes[i+1].stepX, out.planes[i+1].stepY = subsampled, subsampled
	}
	for y := range h {
		red, green, blue := r.planes[0].row(y), r.planes[1].row(y), r.planes[2].row(y)
		for x, row := 0, out.planes[0].row(y); x < w; x++ {
			row[x] = byte((19595*int32(red[x]) + 38470*int32(green[x]) + 7471*int32(blue[x]) + fixedOne/2) >> 16)
		}
	}
	for y := range out.planes[1].h {
		cb, cr := out.planes[1].row(y), out.planes[2].row(y)
		for x := range cb {
			red, green, blue := r.meanOf(subsampled*x, subsampled*y)
			cb[x] = clampByte((-11059*red - 21709*green + 32768*blue + 128*4*fixedOne + 2*fixedOne) >> 18)
			cr[x] = clampByte((32768*red - 27439*green - 5329*blue + 128*4*fixedOne + 2*fixedOne) >> 18)
		}
	}
	return out
}

// meanOf returns four times the mean of the colours that a sample covers; what lies beyond the edge is like
// the pixel beside it.
func (r raster) meanOf(x, y int) (red, green, blue int32) {
	w, h := r.size()
	x1, y1 := min(x+1, w-1), min(y+1, h-1)
	sum := func(p plane) int32 {
		a, b := p.row(y), p.row(y1)
		return int32(a[x]) + int32(a[x1]) + int32(b[x]) + int32(b[x1])
	}
	return sum(r.planes[0]), sum(r.planes[1]), sum(r.planes[2])
}

// image is the raster as one of the standard library's pictures: Gray, YCbCr or NRGBA. It shares memory with
// all but the last.
func (r raster) image() image.Image {
	w, h := r.size()
	bounds, p := image.Rect(0, 0, w, h), r.planes
	switch r.model {
	case gray:
		return &image.Gray{Pix: p[0].pix, Stride: p[0].stride, Rect: bounds}
	case ycbcr:
		return &image.YCbCr{
			Y: p[0].pix, Cb: p[1].pix, Cr: p[2].pix, YStride: p[0].stride, CStride: p[1].stride,
			SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: bounds,
		}
	}
	return r.nrgba()
}

// nrgba is the raster as a picture whose colours are not multiplied by alpha.
func (r raster) nrgba() *image.NRGBA {
	if r.model == ycbcr {
		r = r.toRGB()
	}
	w, h := r.size()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	opaque := bytes.Repeat([]byte{255}, w)
	for y := range h {
		red, green, blue, alpha := r.channels(y, opaque)
		row := out.Pix[y*out.Stride:]
		for x, a := range alpha {
			c := plainColour(red[x], green[x], blue[x], a)
			copy(row[pixelBytes*x:], c[:])
		}
	}
	return out
}

// onWhite composes a translucent raster with white.
func (r raster) onWhite() raster {
	if r.model != rgba {
		return r
	}
	w, h := r.size()
	out := raster{model: rgb, planes: []plane{newPlane(w, h), newPlane(w, h), newPlane(w, h)}}
	for y := range h {
		alpha := r.planes[3].row(y)
		for i := range out.planes {
			to, from := out.planes[i].row(y), r.planes[i].row(y)
			for x, a := range alpha {
				to[x] = byte(min(int(from[x])+255-int(a), 255))
			}
		}
	}
	return out.toYCbCr()
}
