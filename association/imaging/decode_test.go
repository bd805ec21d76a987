package imaging_test

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cameo/association/imaging/imagingtest"
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

// A square in the middle of a picture with odd sides lies at half a sample of the coarse colours.
func TestColoursStayWithTheirPixels(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{64, 64}, {65, 64}, {67, 64}, {64, 67}, {66, 65}, {61, 90}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			m := gentle(128).SubImage(image.Rectangle{Max: size})
			got, _, err := renderer().Unencoded(t.Context(), jpegOf(t, m))
			must(t, err)
			want, _, err := renderer().Unencoded(t.Context(), pngOf(t, m))
			must(t, err)
			if d := meanDistance(got, want); d > 3 {
				t.Errorf("as JPEG, a colour differs by %d from that of the PNG", d)
			}
			if db := imagingtest.LumaOf(got).PSNR(imagingtest.LumaOf(want)); db < 40 {
				t.Errorf("PSNR is %.1f dB", db)
			}
		})
	}
}
