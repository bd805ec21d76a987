package imaging

import (
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"math/bits"
)

// interleaved is a decoded picture whose channels lie beside each other, or can be read as if they did.
type interleaved struct {
	bounds image.Rectangle
	opaque bool
	// read returns the pixels of a row from column x0 to x1 as R, G, B and A, the colours multiplied by
	// alpha. They are good until the next call.
	read func(y, x0, x1 int) []byte
}

// pixelBytes is what a pixel takes in a row that was read.
const pixelBytes = 4

// interleave reads any picture that the standard library's decoders and golang.org/x/image return.
func interleave(m image.Image) interleaved {
	b := m.Bounds()
	in := interleaved{bounds: b}
	if o, ok := m.(interface{ Opaque() bool }); ok {
		in.opaque = o.Opaque()
	}
	row := make([]byte, pixelBytes*b.Dx())
	each := func(set func(to []byte, x, y int)) {
		in.read = func(y, x0, x1 int) []byte {
			for x := x0; x < x1; x++ {
				set(row[pixelBytes*(x-x0):][:pixelBytes], x, y)
			}
			return row[:pixelBytes*(x1-x0)]
		}
	}
	switch m := m.(type) {
	case *image.RGBA:
		in.read = func(y, x0, x1 int) []byte { return m.Pix[m.PixOffset(x0, y):][:pixelBytes*(x1-x0)] }
	case *image.NRGBA:
		if in.opaque {
			in.read = func(y, x0, x1 int) []byte { return m.Pix[m.PixOffset(x0, y):][:pixelBytes*(x1-x0)] }
			break
		}
		each(func(to []byte, x, y int) { premultiply(to, m.Pix[m.PixOffset(x, y):][:pixelBytes]) })
	case *image.Paletted:
		table := colours(m.Palette)
		each(func(to []byte, x, y int) {
			*(*[pixelBytes]byte)(to) = table[m.Pix[m.PixOffset(x, y)]]
		})
	case *image.NYCbCrA:
		each(func(to []byte, x, y int) {
			c := m.COffset(x, y)
			to[0], to[1], to[2] = rgbOf(m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c])
			to[3] = m.A[m.AOffset(x, y)]
			premultiply(to, to)
		})
	default:
		each(func(to []byte, x, y int) {
			r, g, b, a := m.At(x, y).RGBA()
			to[0], to[1], to[2], to[3] = byte(r>>8), byte(g>>8), byte(b>>8), byte(a>>8)
		})
	}
	return in
}

func premultiply(to, from []byte) {
	a := uint32(from[3])
	for i := range 3 {
		to[i] = byte((uint32(from[i])*a + 127) / 255)
	}
	to[3] = from[3]
}

// colours are those of a palette, and transparent ones for what lies beyond its end.
func colours(p color.Palette) [256][pixelBytes]byte {
	var table [256][pixelBytes]byte
	for i, c := range p {
		r, g, b, a := c.RGBA()
		table[i] = [pixelBytes]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8), byte(a >> 8)}
	}
	return table
}

// shrink is plane.shrink for all channels at once.
func (in interleaved) shrink(ctx context.Context, part image.Rectangle, fx, fy int) (raster, error) {
	w := shrunk(part.Min.X, part.Max.X, in.bounds.Dx(), fx)
	h := shrunk(part.Min.Y, part.Max.Y, in.bounds.Dy(), fy)
	out := raster{model: rgba, planes: make([]plane, 4)}
	if in.opaque {
		out.model, out.planes = rgb, out.planes[:3]
	}
	for i := range out.planes {
		out.planes[i] = newPlane(w, h)
	}
	part = part.Add(in.bounds.Min)
	sums := make([]uint64, w)
	shift := bits.Len(uint(fx*fy)) - 1
	for y := range h {
		if y%rowsBetweenChecks == 0 && ctx.Err() != nil {
			return raster{}, ctx.Err()
		}
		for i := range sums {
			sums[i] = uint64(fx*fy) / 2 * ones
		}
		for i := range fy {
			addPixels(sums, in.read(part.Min.Y+y*fy+i, part.Min.X, part.Min.X+w*fx), fx)
		}
		for i := range out.planes {
			row := out.planes[i].row(y)
			lane := 32*(i/2) + 16*(i%2)
			for x := range row {
				row[x] = byte(sums[x] >> lane >> shift)
			}
		}
	}
	return out, nil
}

// addPixels adds each f pixels of a row to a sum of its own, which has 16 bits for each channel.
func addPixels(sums []uint64, row []byte, f int) {
	for x := range sums {
		for range f {
			v := uint64(binary.LittleEndian.Uint32(row))
			sums[x] += v&0xFF | v&0xFF00<<8 | v&0xFF0000<<16 | v&0xFF000000<<24
			row = row[pixelBytes:]
		}
	}
}
