package salesforce_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"
)

// The upright picture of the test: how far a pixel lies to the right is its red, how far down its green.
const (
	wide = 360
	high = 240
)

// turned is a JPEG that is stored as EXIF's orientation says, and is upright the picture above.
func turned(t *testing.T, orientation int) []byte {
	t.Helper()
	w, h := wide, high
	if orientation > 4 {
		w, h = high, wide
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range high {
		for x := range wide {
			at := map[int]image.Point{ // where a pixel is stored (EXIF 2.3, orientation)
				1: {x, y}, 2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {y, h - 1 - x}, 7: {w - 1 - y, h - 1 - x}, 8: {w - 1 - y, x},
			}[orientation]
			img.Set(at.X, at.Y, color.RGBA{uint8(x * 255 / wide), uint8(y * 255 / high), 60, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	exif = numbered(exif, uint16(orientation), 0, 0, 0)
	segment := numbered([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(b.Bytes()[:2:2], append(segment, exif...)...), b.Bytes()[2:]...)
}

func numbered(to []byte, numbers ...uint16) []byte {
	for _, n := range numbers {
		to = binary.BigEndian.AppendUint16(to, n)
	}
	return to
}

// Each corner of a crop is where it should be in the upright picture, however the camera was held.
func TestCornersOfACrop(t *testing.T) {
	t.Parallel()
	c := start(t)
	random := rand.New(rand.NewPCG(1, 2))
	for orientation := 1; orientation <= 8; orientation++ {
		file := string(turned(t, orientation))
		for _, size := range []int{high, 60 + random.IntN(150)} {
			x, y := random.IntN(wide-size+1), random.IntN(high-size+1)
			what := fmt.Sprintf("orientation %d, %d pixels from %d, %d", orientation, size, x, y)
			crop := fmt.Sprintf(`{"cropX":%d,"cropY":%d,"cropSize":"%d"}`, x, y, size)
			parts := []string{binaryPart("fileUpload", file), rich("json", crop)}
			if size != high { // of a file that is there
				made := c.send(201, files+"users/me", binaryPart("fileData", file))
				what, parts = what+" of a file", []string{rich("json", `{"fileId":"`+made.ID+`",`+crop[1:])}
			}
			got := c.post(parts...)
			if got.StatusCode != 201 {
				t.Fatalf("%s: got %v", what, got)
			}
			c.ready("jane", "ready")
			img := c.picture(got.resource(t)["largePhotoUrl"].(string))
			side := img.Bounds().Dx()
			if side != min(size, 200) || img.Bounds().Dy() != side {
				t.Errorf("%s: got %v", what, img.Bounds())
			}
			for _, p := range []image.Point{{0, 0}, {side - 1, 0}, {0, side - 1}, {side - 1, side - 1}, {side / 2, side / 2}} {
				r, g, _, _ := img.At(p.X, p.Y).RGBA()
				wantR, wantG := (x+p.X*size/side)*255/wide, (y+p.Y*size/side)*255/high
				if off(int(r>>8), wantR) > 6 || off(int(g>>8), wantG) > 6 {
					t.Errorf("%s: at %v got red %d and green %d, want %d and %d", what, p, r>>8, g>>8, wantR, wantG)
				}
			}
		}
	}
}

func off(a, b int) int { return max(a-b, b-a) }
