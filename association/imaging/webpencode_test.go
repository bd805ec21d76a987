//go:build nodynamic

package imaging_test

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"github.com/gen2brain/webp"

	"cameo/association/imaging"
	"cameo/association/imaging/imagingtest"
)

func TestWebP(t *testing.T) {
	t.Parallel()
	translucent := image.NewNRGBA(image.Rect(0, 0, 128, 128))
	for i := 0; i < len(translucent.Pix); i += 4 {
		copy(translucent.Pix[i:], []byte{200, 100, 0, uint8(255 * (i / 4 % 128) / 127)})
	}
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"photograph", jpegOf(t, gentle(300))},
		{"gray", pngOf(t, scene(300, 300))},
		{"translucent", pngOf(t, translucent)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := renderer().Render(t.Context(), c.file, imaging.Request{Specs: []imaging.Spec{
				{Pixels: 256, Type: imaging.PNG}, {Pixels: 256, Type: imaging.WebP}, {Pixels: 256},
			}})
			must(t, err)
			want, got, other := p.Renditions[0], p.Renditions[1], p.Renditions[2]
			if got.Type != imaging.WebP || len(got.Bytes) >= len(other.Bytes) {
				t.Errorf("%d bytes of %s, beside %d bytes of %s", len(got.Bytes), got.Type, len(other.Bytes), other.Type)
			}
			// It is read by the package itself, so that the range of its samples is understood.
			again, err := renderer().Render(t.Context(), got.Bytes, imaging.Request{Specs: []imaging.Spec{{Pixels: 256, Type: imaging.PNG}}})
			must(t, err)
			a, b := decodedAs(t, imaging.PNG, again.Renditions[0].Bytes), decodedAs(t, imaging.PNG, want.Bytes)
			if db := imagingtest.LumaOf(a).PSNR(imagingtest.LumaOf(b)); db < 34 {
				t.Errorf("PSNR is %.1f dB", db)
			}
			for _, at := range []image.Point{{10, 40}, {100, 90}} {
				x, y := color.NRGBAModel.Convert(a.At(at.X, at.Y)).(color.NRGBA), color.NRGBAModel.Convert(b.At(at.X, at.Y)).(color.NRGBA)
				if colourDistance(x, y) > 12 || x.A != y.A {
					t.Errorf("at %v it is %v, want %v", at, x, y)
				}
			}
		})
	}
}

func TestThePlanOffersWebPForSmallSizes(t *testing.T) {
	t.Parallel()
	p, err := renderer().Render(t.Context(), jpegOf(t, gentle(600)), imaging.Request{Specs: imaging.Plan()})
	must(t, err)
	made := map[string]int{}
	for _, r := range p.Renditions {
		made[r.Type]++
		if r.Type == imaging.WebP && (max(r.Width, r.Height) > 512 || !bytes.HasPrefix(r.Bytes, []byte("RIFF"))) {
			t.Errorf("%+v is a WebP of %d×%d", r.Spec, r.Width, r.Height)
		}
	}
	if made[imaging.JPEG] != 11 || made[imaging.WebP] != 9 {
		t.Errorf("made %v", made)
	}
}

func BenchmarkWebP512(b *testing.B) {
	file := jpegOf(b, gentle(600))
	for b.Loop() {
		_, err := renderer().Render(b.Context(), file, imaging.Request{Specs: []imaging.Spec{{Pixels: 512, Type: imaging.WebP}}})
		must(b, err)
	}
}

// What an encoder makes of its own accord is far below the limit for codes.
func TestLosslessWebP(t *testing.T) {
	t.Parallel()
	translucent := image.NewNRGBA(image.Rect(0, 0, 128, 96))
	for i := range translucent.Pix {
		translucent.Pix[i] = uint8(i * i >> 7)
	}
	for _, c := range []struct {
		name    string
		picture image.Image
		coding  webp.Options
	}{
		{"photograph", gentle(160), webp.Options{Lossless: true, Quality: 100, Method: 4}},
		{"photograph in haste", gentle(160), webp.Options{Lossless: true, Method: 0}},
		{"four colours", patches(160, 120), webp.Options{Lossless: true, Method: 4}},
		{"gray", scene(160, 120), webp.Options{Lossless: true, Method: 2}},
		{"noise", translucent, webp.Options{Lossless: true, Exact: true, Method: 4}},
		{"alpha", translucent, webp.Options{Quality: 80, Method: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var file bytes.Buffer
			must(t, webp.Encode(&file, c.picture, c.coding))
			r := renderer()
			r.Limits.Codes /= 64
			got, _, err := r.Unencoded(t.Context(), file.Bytes())
			must(t, err)
			want, _, err := r.Unencoded(t.Context(), pngOf(t, c.picture))
			must(t, err)
			if d := distance(got, want); d != 0 && c.coding.Lossless {
				t.Errorf("a channel differs by %d", d)
			}
		})
	}
}
