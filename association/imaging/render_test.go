package imaging_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"sync/atomic"
	"testing"

	"cameo/association/imaging"
	"cameo/storage/fault"
)

// Each quarter of the upright picture is asked for as a crop, whatever way the picture is stored.
func TestCropsAreOfTheUprightPicture(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{120, 80}, {80, 120}, {121, 83}} {
		for o := 1; o <= 8; o++ {
			t.Run(fmt.Sprint(size, o), func(t *testing.T) {
				t.Parallel()
				stored := patches(size.X, size.Y)
				upright := stored
				for _, step := range strings.Fields(uprightSteps[o]) {
					upright = apply(step, upright)
				}
				file := withSegment(jpegOf(t, stored), 0xE1, exif(bigEndian, uint16(o)))
				w, h := upright.Rect.Dx(), upright.Rect.Dy()
				for _, at := range []image.Point{{0, 0}, {w - 30, 0}, {0, h - 30}, {w - 30, h - 30}} {
					crop := imaging.Crop{X: at.X, Y: at.Y, Size: 30}
					p, err := renderer().Render(t.Context(), file, imaging.Request{Crop: crop, Specs: []imaging.Spec{{Pixels: 16}}})
					must(t, err)
					want := upright.RGBAAt(at.X+15, at.Y+15)
					got := decodedAs(t, p.Renditions[0].Type, p.Renditions[0].Bytes).At(8, 8)
					if d := colourDistance(got, want); d > 12 {
						t.Errorf("the crop at %v is %v, want %v", at, got, want)
					}
					if p.Crop != crop || p.Header.Width != w || p.Header.Height != h {
						t.Errorf("crop %v of %d×%d, want %v of %d×%d", p.Crop, p.Header.Width, p.Header.Height, crop, w, h)
					}
					if d := colourDistance(color.RGBA{p.Colour.R, p.Colour.G, p.Colour.B, 255}, want); d > 12 {
						t.Errorf("the colour of the crop at %v is %v, want %v", at, p.Colour, want)
					}
				}
			})
		}
	}
}

func colourDistance(a, b color.Color) int {
	r1, g1, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	most := 0
	for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
		most = max(most, d>>8, -d>>8)
	}
	return most
}

func TestCropsMustBeInside(t *testing.T) {
	t.Parallel()
	file := pngOf(t, patches(60, 40))
	for _, c := range []struct {
		name string
		crop imaging.Crop
		ok   bool
	}{
		{"centre", imaging.Crop{}, true},
		{"all that fits", imaging.Crop{X: 20, Y: 0, Size: 40}, true},
		{"one pixel", imaging.Crop{X: 59, Y: 39, Size: 1}, true},
		{"too far right", imaging.Crop{X: 21, Y: 0, Size: 40}, false},
		{"too far down", imaging.Crop{X: 0, Y: 1, Size: 40}, false},
		{"too large", imaging.Crop{X: 0, Y: 0, Size: 41}, false},
		{"negative", imaging.Crop{X: -1, Y: 0, Size: 10}, false},
		{"no size", imaging.Crop{X: 1, Y: 1}, false},
		{"overflow", imaging.Crop{X: 1, Y: 1, Size: 1<<63 - 1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := renderer().Render(t.Context(), file, imaging.Request{Crop: c.crop, Specs: []imaging.Spec{{Pixels: 48}}})
			if !c.ok {
				wantReason(t, err, imaging.BadCrop)
				return
			}
			must(t, err)
			if p.Renditions[0].Width != min(p.Crop.Size, 48) {
				t.Errorf("the crop %v became %d pixels wide", p.Crop, p.Renditions[0].Width)
			}
		})
	}
}

func TestAlphaIsKeptOrComposedOnWhite(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := 0; i < len(m.Pix); i += 4 {
		copy(m.Pix[i:], []byte{200, 100, 0, 128})
	}
	p, err := renderer().Render(t.Context(), pngOf(t, m), imaging.Request{Specs: []imaging.Spec{
		{Pixels: 32}, {Pixels: 32, Type: imaging.JPEG}, {Pixels: 64},
	}})
	must(t, err)
	for i, want := range []color.NRGBA{{200, 100, 0, 128}, {227, 177, 127, 255}, {200, 100, 0, 128}} {
		r := p.Renditions[i]
		got := color.NRGBAModel.Convert(decodedAs(t, r.Type, r.Bytes).At(10, 10)).(color.NRGBA)
		if colourDistance(got, want) > 2 || got.A != want.A {
			t.Errorf("%s of %d pixels: got %v, want %v", r.Type, r.Width, got, want)
		}
	}
}

// An engine is asked for what this package cannot read itself, within the same limits.
func TestAnEngineForHEIF(t *testing.T) {
	t.Parallel()
	file := append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), pngOf(t, patches(80, 60))...)
	_, err := renderer().Judge(file)
	wantReason(t, err, imaging.UnsupportedFormat)
	able := renderer()
	able.HEIF = boxed{}
	p, err := able.Render(t.Context(), file, imaging.Request{Specs: []imaging.Spec{{Pixels: 48}}})
	must(t, err)
	if p.Header.Type != imaging.HEIC || p.Header.Width != 80 || p.Renditions[0].Type != imaging.JPEG {
		t.Errorf("got %s of a %s %d wide", p.Renditions[0].Type, p.Header.Type, p.Header.Width)
	}
	able.Limits.Side = 70
	_, err = able.Render(t.Context(), file, imaging.Request{})
	wantReason(t, err, imaging.TooManyPixels)
	_, err = able.Judge(file[:40])
	wantReason(t, err, imaging.Damaged)
}

// boxed is an engine for pictures that are PNGs behind a box of 24 bytes.
type boxed struct{}

func (boxed) Size(file []byte) (w, h int, err error) {
	c, err := png.DecodeConfig(bytes.NewReader(file[24:]))
	return c.Width, c.Height, err
}

func (boxed) Decode(_ context.Context, file []byte) (image.Image, error) {
	return png.Decode(bytes.NewReader(file[24:]))
}

// failing is an engine whose picture is another than it said.
type failing struct{ boxed }

func (failing) Decode(context.Context, []byte) (image.Image, error) { panic("a bug of the engine") }

func TestAPanicCostsOnePicture(t *testing.T) {
	t.Parallel()
	file := append([]byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1heic"), pngOf(t, patches(80, 60))...)
	r := renderer()
	r.HEIF = failing{}
	_, err := r.Render(t.Context(), file, imaging.Request{})
	wantReason(t, err, imaging.Damaged)
}

// brief is a context that ends when it has been asked so many times.
type brief struct {
	context.Context
	left atomic.Int64
}

func (b *brief) Err() error {
	if b.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// Wherever the end of the context finds it, rendering stops with that and no reason against the picture.
func TestTheEndOfAContextEndsIt(t *testing.T) {
	t.Parallel()
	file := pngOf(t, patches(400, 300))
	ends := int64(0)
	for n := int64(0); ; n += 1 + n/8 {
		ctx := &brief{Context: context.Background()}
		ctx.left.Store(n)
		_, err := renderer().Render(ctx, file, imaging.Request{Specs: []imaging.Spec{{Pixels: 96}}})
		if err == nil {
			break
		}
		ends = n
		if !errors.Is(err, context.Canceled) || fault.Of(err) != fault.Unavailable || fault.Public(err).Reason != "" {
			t.Fatalf("asked %d times: got %v", n, err)
		}
	}
	if ends < 20 {
		t.Errorf("the context was asked %d times", ends)
	}
}

func TestThumbhashTellsPicturesApart(t *testing.T) {
	t.Parallel()
	hash := func(file []byte) []byte {
		p, err := renderer().Render(t.Context(), file, imaging.Request{})
		must(t, err)
		return p.Thumbhash
	}
	a, same := hash(pngOf(t, patches(90, 90))), hash(pngOf(t, patches(90, 90)))
	other := hash(pngOf(t, apply("turn", patches(90, 90))))
	if len(a) < 10 || len(a) > 30 || !bytes.Equal(a, same) || bytes.Equal(a, other) {
		t.Errorf("hashes are %x, %x and of another picture %x", a, same, other)
	}
}

func TestPNGAndWebPHaveAnOrientationToo(t *testing.T) {
	t.Parallel()
	tiff := exif(bigEndian, 6)[6:] // without JPEG's prefix
	png := pngOf(t, patches(60, 40))
	canvas := riffChunk("VP8X", []byte{0x08, 0, 0, 0, 59, 0, 0, 39, 0, 0})
	webp := riffChunk("VP8L", vp8l(60, 40, color.NRGBA{1, 2, 3, 255}))
	for name, file := range map[string][]byte{
		"PNG":                     bytes.Join([][]byte{png[:33], pngChunk("eXIf", tiff), png[33:]}, nil),
		"WebP":                    riff(canvas, webp, riffChunk("EXIF", tiff)),
		"WebP with JPEG's prefix": riff(canvas, webp, riffChunk("EXIF", exif(bigEndian, 6))),
	} {
		p, err := renderer().Render(t.Context(), file, imaging.Request{Specs: []imaging.Spec{{Shape: imaging.Whole, Pixels: 60}}})
		must(t, err)
		if r := p.Renditions[0]; p.Header.Orientation != 6 || r.Width != 40 || r.Height != 60 {
			t.Errorf("%s: orientation %d, %d×%d", name, p.Header.Orientation, r.Width, r.Height)
		}
	}
}
