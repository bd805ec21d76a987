package servertest_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"cameo/server/servertest"
)

// A real photograph of 8 megapixels, sent in chunks as a telephone held upright writes it, on its side and in Display
// P3. Each picture that is made of it is upright, in sRGB, and close to what the standard library makes of the source.
func TestAPhotographComesOutWell(t *testing.T) {
	servertest.Long(t, "scales 8 megapixels twice")
	t.Parallel()
	file, err := os.ReadFile(servertest.Photograph(t))
	if err != nil {
		t.Fatal(err)
	}
	source, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	width, height := source.Bounds().Dx(), source.Bounds().Dy()
	sent := withSegment(withEXIF(jpegOf(t, lying(t, source)), exifOf(6)), 0xE2, "ICC_PROFILE\x00\x01\x01"+displayP3())
	i := servertest.Start(t)
	third := len(sent) / 3
	servertest.Tell(t, i).As("jane").CreateFile("me.jpg", "image/jpeg", sent).
		Send(0, third).WantOffset(third).Drop().Send(third, 2*third).Send(2*third, len(sent)).
		Associate("jane").WantReady("jane")
	g := &gallery{callInstance(t, i), i}
	d := g.photoOf("jane")
	if d.Width != width || d.Height != height {
		t.Errorf("got a photo of %d × %d, want %d × %d", d.Width, d.Height, width, height)
	}

	// One step to the size of the largest square, in sRGB; the others from there.
	large := image.NewRGBA(image.Rect(0, 0, 1024*width/height, 1024))
	draw.CatmullRom.Scale(large, large.Rect, source, source.Bounds(), draw.Src, nil)
	toSRGB(large)
	made := g.made(d)
	for name, file := range made {
		part := large.Rect
		if strings.HasPrefix(name, "0-") { // a square
			part.Min.X = (part.Dx() - part.Dy()) / 2
			part.Max.X = part.Min.X + part.Dy()
		}
		wantClose(t, name, decoded(t, name, file), large.SubImage(part))
	}
	served := g.served(d)
	made = g.made(d) // those that were made because they were asked for, too
	for at, got := range served {
		if !slices.ContainsFunc(slices.Collect(maps.Values(made)), func(b []byte) bool { return bytes.Equal(b, got.body) }) {
			t.Errorf("%s is none of the pictures that were made", at)
		}
	}
}

// lying is a picture as a file of orientation 6 has it.
func lying(t *testing.T, upright image.Image) image.Image {
	t.Helper()
	from, ok := upright.(*image.YCbCr)
	if !ok {
		t.Fatalf("the photograph is a %T", upright)
	}
	ratio := from.SubsampleRatio
	switch ratio { // it lies down too
	case image.YCbCrSubsampleRatio422:
		ratio = image.YCbCrSubsampleRatio440
	case image.YCbCrSubsampleRatio440:
		ratio = image.YCbCrSubsampleRatio422
	}
	w, h := from.Rect.Dx(), from.Rect.Dy()
	to := image.NewYCbCr(image.Rect(0, 0, h, w), ratio)
	turn := func(to, from []byte, toStride, fromStride, w, h int) {
		for y := range h {
			for x := range w {
				to[(w-1-x)*toStride+y] = from[y*fromStride+x]
			}
		}
	}
	turn(to.Y, from.Y, to.YStride, from.YStride, w, h)
	w, h = len(to.Cb)/to.CStride, to.CStride
	turn(to.Cb, from.Cb, to.CStride, from.CStride, w, h)
	turn(to.Cr, from.Cr, to.CStride, from.CStride, w, h)
	return to
}

// wantClose wants a picture to have at least 30 dB of likeness to a larger one in its light, and the same colours.
func wantClose(t *testing.T, what string, got, from image.Image) {
	t.Helper()
	want := image.NewRGBA(image.Rectangle{Max: got.Bounds().Size()})
	draw.CatmullRom.Scale(want, want.Rect, from, from.Bounds(), draw.Src, nil)
	plain := image.NewRGBA(want.Rect)
	draw.Copy(plain, image.Point{}, got, got.Bounds(), draw.Src, nil)
	sum, mean, n := 0.0, [3]float64{}, float64(len(plain.Pix)/4)
	for i := 0; i < len(plain.Pix); i += 4 {
		light := 0.0
		for c, weight := range [3]float64{0.299, 0.587, 0.114} {
			d := float64(plain.Pix[i+c]) - float64(want.Pix[i+c])
			light += weight * d
			mean[c] += d / n
		}
		sum += light * light
	}
	if psnr := 10 * math.Log10(255*255*n/sum); psnr < 30 {
		t.Errorf("%s: got %.1f dB against the standard library's, want 30", what, psnr)
	} else {
		t.Logf("%s: %.1f dB, colours off by %.1f", what, psnr, mean)
	}
	if off := max(math.Abs(mean[0]), math.Abs(mean[1]), math.Abs(mean[2])); off > 3 {
		t.Errorf("%s: its colours are off by %.1f, want 3 at most", what, off)
	}
}

// toSRGB takes a picture for one in Display P3.
func toSRGB(m *image.RGBA) {
	linear := [256]float64{}
	for i := range linear {
		v := float64(i) / 255
		if linear[i] = v / 12.92; v > 0.04045 {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	for i := 0; i < len(m.Pix); i += 4 {
		r, g, b := linear[m.Pix[i]], linear[m.Pix[i+1]], linear[m.Pix[i+2]]
		for c, v := range [3]float64{
			1.22494*r - 0.22494*g,
			-0.04206*r + 1.04206*g,
			-0.01964*r - 0.07864*g + 1.09827*b,
		} {
			v = min(max(v, 0), 1)
			if v *= 12.92; v > 0.04045 {
				v = 1.055*math.Pow(v/12.92, 1/2.4) - 0.055
			}
			m.Pix[i+c] = uint8(math.Round(255 * v))
		}
	}
}

// displayP3 is a colour profile as telephones write it: the primaries of P3 and the curve of sRGB.
func displayP3() string {
	fixed := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
		}
		return b
	}
	curve := "para\x00\x00\x00\x00\x00\x03\x00\x00" + string(fixed(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045))
	tags := []struct{ name, body string }{
		{"rXYZ", "XYZ \x00\x00\x00\x00" + string(fixed(0.51512, 0.24120, -0.00105))},
		{"gXYZ", "XYZ \x00\x00\x00\x00" + string(fixed(0.29198, 0.69225, 0.04189))},
		{"bXYZ", "XYZ \x00\x00\x00\x00" + string(fixed(0.15710, 0.06657, 0.78407))},
		{"rTRC", curve},
		{"gTRC", curve},
		{"bTRC", curve},
	}
	head := make([]byte, 128)
	copy(head[12:], "mntrRGB XYZ ")
	table, bodies := binary.BigEndian.AppendUint32(nil, uint32(len(tags))), ""
	for _, tag := range tags {
		table = append(table, tag.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(128+4+12*len(tags)+len(bodies)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(tag.body)))
		bodies += tag.body
	}
	binary.BigEndian.PutUint32(head, uint32(len(head)+len(table)+len(bodies)))
	return string(head) + string(table) + bodies
}
