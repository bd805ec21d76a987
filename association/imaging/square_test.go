package imaging_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"cameo/storage/fault"
)

func TestSquare(t *testing.T) {
	t.Parallel()
	red := color.NRGBA{200, 0, 0, 255}
	for _, c := range []struct {
		name         string
		file         []byte
		size         int
		source, kind string
		w, h, side   int
	}{
		{"landscape JPEG", jpegOf(t, patches(400, 300)), 256, "image/jpeg", "image/jpeg", 400, 300, 256},
		{"portrait PNG", pngOf(t, patches(300, 401)), 64, "image/png", "image/jpeg", 300, 401, 64},
		{"never larger than the source", jpegOf(t, patches(100, 40)), 256, "image/jpeg", "image/jpeg", 100, 40, 40},
		{"smallest", jpegOf(t, patches(16, 16)), 256, "image/jpeg", "image/jpeg", 16, 16, 16},
		{"GIF", gifOf(t, 3, image.Rect(0, 0, 50, 60), image.Pt(50, 60)), 48, "image/gif", "image/jpeg", 50, 60, 48},
		{"GIF whose frame is a part", gifOf(t, 1, image.Rect(10, 10, 30, 30), image.Pt(50, 60)), 48, "image/gif", "image/png", 50, 60, 48},
		{"WebP", webpOf(70, 50, red), 48, "image/webp", "image/jpeg", 70, 50, 48},
		{"bytes behind the end", append(jpegOf(t, patches(50, 50)), "film"...), 48, "image/jpeg", "image/jpeg", 50, 50, 48},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := square(c.file, c.size)
			must(t, err)
			decoded(t, got)
			if got.SourceType != c.source || got.SourceWidth != c.w || got.SourceHeight != c.h {
				t.Errorf("the source is %s of %d×%d, want %s of %d×%d", got.SourceType, got.SourceWidth, got.SourceHeight, c.source, c.w, c.h)
			}
			if got.Type != c.kind || got.Width != c.side || got.Height != c.side {
				t.Errorf("got %s of %d×%d, want %s of %d", got.Type, got.Width, got.Height, c.kind, c.side)
			}
		})
	}
}

// uprightSteps are what each orientation means, in the words of the EXIF standard, as operations on the stored
// picture.
var uprightSteps = [...]string{
	1: "", 2: "mirror", 3: "turn turn", 4: "turn turn mirror", 5: "mirror turn turn turn", 6: "turn", 7: "mirror turn", 8: "turn turn turn",
}

func TestOrientation(t *testing.T) {
	t.Parallel()
	for o, how := range uprightSteps[1:] {
		for _, size := range []image.Point{{120, 80}, {80, 120}} {
			for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
				t.Run(fmt.Sprint(o+1, size, order), func(t *testing.T) {
					t.Parallel()
					stored := patches(size.X, size.Y)
					upright := stored
					for _, step := range strings.Fields(how) {
						upright = apply(step, upright)
					}
					got, err := square(withSegment(jpegOf(t, stored), 0xE1, exif(order, uint16(o+1))), 64)
					must(t, err)
					want, err := square(jpegOf(t, upright), 64)
					must(t, err)
					if d := distance(decoded(t, got), decoded(t, want)); d > 40 { // at the sharp edges of small JPEGs
						t.Errorf("a channel differs by %d", d)
					}
					if got.SourceWidth != want.SourceWidth || got.SourceHeight != want.SourceHeight {
						t.Errorf("the source is %d×%d", got.SourceWidth, got.SourceHeight)
					}
				})
			}
		}
	}
}

// apply mirrors a picture left to right, or turns it clockwise by a quarter.
func apply(step string, m *image.RGBA) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if step == "mirror" {
		out := image.NewRGBA(m.Rect)
		for y := range h {
			for x := range w {
				out.SetRGBA(w-1-x, y, m.RGBAAt(x, y))
			}
		}
		return out
	}
	out := image.NewRGBA(image.Rect(0, 0, h, w))
	for y := range h {
		for x := range w {
			out.SetRGBA(h-1-y, x, m.RGBAAt(x, y))
		}
	}
	return out
}

func TestAWrongOrientationIsIgnored(t *testing.T) {
	t.Parallel()
	good := exif(binary.BigEndian, 6)
	far := bytes.Clone(good)
	binary.BigEndian.PutUint32(far[10:], 1<<31)
	for name, body := range map[string][]byte{
		"zero": exif(binary.BigEndian, 0), "nine": exif(binary.BigEndian, 9), "cut": good[:24], "no TIFF": good[:8], "far": far,
	} {
		got, err := square(withSegment(jpegOf(t, patches(40, 20)), 0xE1, body), 16)
		must(t, err)
		if got.SourceWidth != 40 {
			t.Errorf("%s: turned", name)
		}
	}
}

func TestTranslucentPicturesStaySo(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 50 {
			m.SetNRGBA(x, y, color.NRGBA{0, 0, 250, 255})
		}
	}
	for name, file := range map[string][]byte{
		"PNG": pngOf(t, m), "WebP": webpOf(40, 40, color.NRGBA{1, 2, 3, 100}),
	} {
		got, err := square(file, 32)
		must(t, err)
		if got.Type != "image/png" {
			t.Fatalf("%s: got %s", name, got.Type)
		}
		out := decoded(t, got)
		if _, _, _, a := out.At(31, 5).RGBA(); a == 0xFFFF {
			t.Errorf("%s: the transparent half is opaque", name)
		}
	}
}

// Stripes of one pixel are grey from afar. A filter that leaves pixels out would show some of them.
func TestShrinkingDoesNotAlias(t *testing.T) {
	t.Parallel()
	m := image.NewGray(image.Rect(0, 0, 700, 700))
	for i := range m.Pix {
		if (i%700+i/700)%2 == 0 {
			m.Pix[i] = 255
		}
	}
	got, err := square(pngOf(t, m), 100)
	must(t, err)
	out := decoded(t, got)
	for y := 5; y < 95; y++ {
		for x := 5; x < 95; x++ {
			if v := color.GrayModel.Convert(out.At(x, y)).(color.Gray).Y; v < 110 || v > 146 {
				t.Fatalf("the pixel at %d,%d is %d, want about 128", x, y, v)
			}
		}
	}
}

func TestAnEndedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := renderer().Render(ctx, jpegOf(t, patches(20, 20)), justSquare(64))
	if fault.Of(err) != fault.Unavailable {
		t.Errorf("an ended context gives %v", err)
	}
}
