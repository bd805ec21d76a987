package imaging_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goPicture is the Go tree's picture of that name.
func goPicture(t *testing.T, name string) []byte {
	t.Helper()
	all := goPictures(t)
	i := slices.IndexFunc(all, func(path string) bool { return filepath.Base(path) == name })
	if i < 0 {
		t.Fatalf("the Go tree has no %s", name)
	}
	b, err := os.ReadFile(all[i])
	must(t, err)
	return b
}

// A scan that ends early is refused, also where the file has an end: the fast decoder would make up the rest.
func TestAScanThatEndsEarlyIsRefused(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"colour":            goPicture(t, "video-001.jpeg"),
		"4:4:4":             goPicture(t, "video-001.q50.444.jpeg"),
		"gray":              goPicture(t, "video-005.gray.jpeg"),
		"restart markers":   goPicture(t, "video-001.restart2.jpeg"),
		"a flat picture":    jpegOf(t, image.NewNRGBA(image.Rect(0, 0, 400, 400))),
		"flat and gray":     jpegOf(t, image.NewGray(image.Rect(0, 0, 400, 400))),
		"detail to the end": jpegOf(t, scene(200, 200)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := square(file, 64)
			must(t, err)
			scan := bytes.Index(file, []byte{0xFF, 0xDA}) + 14
			for part := range 20 {
				at := scan + (len(file)-scan-8)*part/20
				if file[at-1] == 0xFF {
					at++ // not between a marker's two bytes
				}
				_, err := square(append(bytes.Clone(file[:at]), 0xFF, 0xD9), 64)
				if err == nil {
					t.Errorf("accepted with %d of %d bytes", at, len(file))
				}
			}
		})
	}
}

// What the fast decoder cannot read is read by the standard library's.
func TestRareCodingsOfJPEG(t *testing.T) {
	t.Parallel()
	plain := jpegOf(t, patches(61, 43))
	want, _, err := renderer().Unencoded(t.Context(), plain)
	must(t, err)
	for name, file := range map[string][]byte{
		"extended sequential": bytes.Replace(plain, []byte{0xFF, 0xC0}, []byte{0xFF, 0xC1}, 1),
		"fill before markers": bytes.Replace(plain, []byte{0xFF, 0xC0}, []byte{0xFF, 0xFF, 0xFF, 0xC0}, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := renderer().Unencoded(t.Context(), file)
			must(t, err)
			if d := lumaDistance(got, want); d > 2 {
				t.Errorf("luma differs by %d", d)
			}
		})
	}
}

// ramp is a picture whose colours change by some units a pixel, so that a shift shows.
func ramp(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(20 + 200*y/h), 120, uint8(20 + 200*x/w), 255})
		}
	}
	return m
}

// The coarse colours of a picture with odd sides reach beyond its edge, and a square in its middle begins at half
// of one of their samples: in every orientation they must stay with their pixels.
func TestColoursStayWithTheirPixels(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{64, 64}, {65, 64}, {67, 64}, {64, 67}, {66, 65}, {61, 90}, {61, 61}} {
		for o := 1; o <= 8; o++ {
			t.Run(fmt.Sprint(size, o), func(t *testing.T) {
				t.Parallel()
				upright := ramp(size.X, size.Y)
				stored := upright
				for range 4 { // each orientation undoes itself when it is repeated
					next := stored
					for _, step := range strings.Fields(uprightSteps[o]) {
						next = apply(step, next)
					}
					if samePicture(next, upright) {
						break
					}
					stored = next
				}
				file := withSegment(jpegOf(t, stored), 0xE1, exif(bigEndian, uint16(o)))
				got, whole, err := renderer().Unencoded(t.Context(), file)
				must(t, err)
				want, all, err := renderer().Unencoded(t.Context(), pngOf(t, upright))
				must(t, err)
				if d := max(meanDistance(got, want), meanDistance(whole, all)); d > 2 {
					t.Errorf("a colour differs by %d from that of the PNG", d)
				}
			})
		}
	}
}

func samePicture(a, b *image.RGBA) bool { return a.Rect == b.Rect && bytes.Equal(a.Pix, b.Pix) }
