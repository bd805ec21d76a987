package photos

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"cameo/storage/fault"
)

// Bust is the default picture of whoever has no name either, as a PNG with sides of so many pixels.
func Bust(pixels int) ([]byte, error) {
	return drawing{size: pixels, field: &color.RGBA{R: 112, G: 117, B: 125, A: 255}}.png()
}

// png is the drawing in pixels. Its font has Latin, Greek and Cyrillic letters; instead of others there is
// the bust.
func (d drawing) png() ([]byte, error) {
	picture := image.NewPaletted(image.Rect(0, 0, d.size, d.size), color.Palette{color.Transparent})
	if d.field != nil {
		white, err := d.white()
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
		}
		// How white a pixel is, is its place in the palette.
		picture.Pix, picture.Stride, picture.Palette = white.Pix, white.Stride, shades(*d.field)
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, picture); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	return b.Bytes(), nil
}

// shades go from a colour to white in 256 steps.
func shades(from color.RGBA) color.Palette {
	all := make(color.Palette, 256)
	for i := range all {
		mix := func(c uint8) uint8 { return uint8((int(c)*(255-i) + 255*i) / 255) }
		all[i] = color.RGBA{mix(from.R), mix(from.G), mix(from.B), 255}
	}
	return all
}

// white says how white each pixel is.
func (d drawing) white() (*image.Alpha, error) {
	letters, err := opentype.Parse(gomedium.TTF)
	if err != nil {
		return nil, err
	}
	drawn, err := has(letters, d.letters)
	if err != nil {
		return nil, err
	}
	if !drawn {
		return d.bust(), nil
	}
	face, err := opentype.NewFace(letters, &opentype.FaceOptions{
		Size: letterSize * float64(d.size) / unit, DPI: 72, Hinting: font.HintingNone,
	})
	if err != nil {
		return nil, err
	}
	defer face.Close()
	pen := font.Drawer{Dst: image.NewAlpha(image.Rect(0, 0, d.size, d.size)), Src: image.Opaque, Face: face}
	b, _ := pen.BoundString(d.letters)
	middle := fixed.I(d.size) / 2
	pen.Dot = fixed.Point26_6{X: middle - (b.Min.X+b.Max.X)/2, Y: middle - (b.Min.Y+b.Max.Y)/2}
	pen.DrawString(d.letters)
	return pen.Dst.(*image.Alpha), nil
}

// has says whether there are letters, and the font has each of them.
func has(f *opentype.Font, letters string) (bool, error) {
	var b sfnt.Buffer
	for _, r := range letters {
		if glyph, err := f.GlyphIndex(&b, r); glyph == 0 || err != nil {
			return false, err
		}
	}
	return letters != "", nil
}

// bust is the outline that svg draws: a head, and shoulders below it.
func (d drawing) bust() *image.Alpha {
	z := vector.NewRasterizer(d.size, d.size)
	p := outline{z, float32(d.size) / unit}
	p.move(43, 25)
	p.quarter(43, 25, 32, 36, true)
	p.quarter(32, 36, 21, 25, false)
	p.quarter(21, 25, 32, 14, true)
	p.quarter(32, 14, 43, 25, false)
	z.ClosePath()
	p.move(10, 58)
	p.quarter(10, 58, 32, 39, true)
	p.quarter(32, 39, 54, 58, false)
	p.line(54, 64)
	p.line(10, 64)
	z.ClosePath()
	white := image.NewAlpha(image.Rect(0, 0, d.size, d.size))
	z.Draw(white, white.Rect, image.Opaque, image.Point{})
	return white
}

// outline draws in the grid's units.
type outline struct {
	z     *vector.Rasterizer
	scale float32 // pixels of a unit
}

func (o outline) move(x, y float32) { o.z.MoveTo(x*o.scale, y*o.scale) }
func (o outline) line(x, y float32) { o.z.LineTo(x*o.scale, y*o.scale) }

// quarter goes a quarter of an ellipse from one point to another; upright says that it begins so.
func (o outline) quarter(x1, y1, x2, y2 float32, upright bool) {
	const bend = 0.5523 // of the way to the corner: where a cubic curve comes closest to an ellipse
	cx1, cy1, cx2, cy2 := x1+(x2-x1)*bend, y1, x2, y2-(y2-y1)*bend
	if upright {
		cx1, cy1, cx2, cy2 = x1, y1+(y2-y1)*bend, x2-(x2-x1)*bend, y2
	}
	o.z.CubeTo(cx1*o.scale, cy1*o.scale, cx2*o.scale, cy2*o.scale, x2*o.scale, y2*o.scale)
}
