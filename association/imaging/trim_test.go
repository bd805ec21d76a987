package imaging_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"cameo/association/imaging"
	"cameo/storage/fault"
)

// Three stripes, red, green and blue: trimmed upright around the centre, green is what is left of a wide one.
func TestTrimKeepsTheCentre(t *testing.T) {
	t.Parallel()
	stripes := image.NewRGBA(image.Rect(0, 0, 90, 30))
	for x := range 90 {
		for y := range 30 {
			stripes.Set(x, y, [...]color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}}[x/30])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, stripes); err != nil {
		t.Fatal(err)
	}
	r := imaging.Renderer{Limits: imaging.DefaultLimits(), Memory: imaging.NewMemory(64 << 20)}
	for _, c := range []struct {
		name          string
		width, height int
		corner        color.RGBA // what is to be seen at the left
		kind          fault.Kind
	}{
		{"a square", 20, 20, color.RGBA{0, 255, 0, 255}, 0},
		{"a larger square", 200, 200, color.RGBA{0, 255, 0, 255}, 0},
		{"the whole", 45, 15, color.RGBA{255, 0, 0, 255}, 0},
		{"upright", 10, 30, color.RGBA{0, 255, 0, 255}, 0},
		{"one pixel", 1, 1, color.RGBA{0, 255, 0, 255}, 0},
		{"nothing", 0, 5, color.RGBA{}, fault.Invalid},
		{"too much", 2049, 5, color.RGBA{}, fault.Invalid},
	} {
		made, err := r.Trim(t.Context(), b.Bytes(), c.width, c.height)
		if fault.Of(err) != c.kind {
			t.Errorf("%s: got %v, want %s", c.name, err, c.kind)
		}
		if c.kind != 0 || err != nil {
			continue
		}
		p, _, err := image.Decode(bytes.NewReader(made.Bytes))
		if err != nil || p.Bounds().Dx() != c.width || p.Bounds().Dy() != c.height {
			t.Fatalf("%s: got %v, %v", c.name, p.Bounds(), err)
		}
		red, green, blue, _ := p.At(p.Bounds().Min.X, p.Bounds().Min.Y+c.height/2).RGBA()
		near := func(got uint32, want uint8) bool { d := int(got>>8) - int(want); return d > -40 && d < 40 }
		if !near(red, c.corner.R) || !near(green, c.corner.G) || !near(blue, c.corner.B) {
			t.Errorf("%s: got %d %d %d, want %v", c.name, red>>8, green>>8, blue>>8, c.corner)
		}
	}
	if _, err := r.Trim(t.Context(), b.Bytes()[:60], 5, 5); !fault.Is(err, fault.Unsupported) {
		t.Errorf("half a file: got %v", err)
	}
}
