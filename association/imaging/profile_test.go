package imaging_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

// Primaries as CIE XYZ under D50, a column each for red, green and blue, as the published profiles have them.
var (
	primariesSRGB  = [3][3]float64{{0.43607, 0.38515, 0.14307}, {0.22249, 0.71687, 0.06061}, {0.01392, 0.09708, 0.71410}}
	primariesP3    = [3][3]float64{{0.51512, 0.29198, 0.15710}, {0.24120, 0.69225, 0.06657}, {-0.00105, 0.04189, 0.78407}}
	primariesAdobe = [3][3]float64{{0.60974, 0.20528, 0.14919}, {0.31111, 0.62567, 0.06322}, {0.01947, 0.06087, 0.74457}}
)

// Tone curves as the bodies of tags.
var (
	curveSRGB = para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)
	curve22   = binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), 563) // 2.19921875
)

func para(kind uint16, numbers ...float64) []byte {
	b := binary.BigEndian.AppendUint16([]byte("para\x00\x00\x00\x00"), kind)
	b = append(b, 0, 0)
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(n*65536))))
	}
	return b
}

// iccOf is a matrix profile.
func iccOf(primaries [3][3]float64, curve []byte) []byte {
	head := make([]byte, 128)
	copy(head[12:], "mntrRGB XYZ ")
	tags := map[string][]byte{}
	for i, c := range []string{"r", "g", "b"} {
		b := []byte("XYZ \x00\x00\x00\x00")
		for row := range 3 {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(primaries[row][i]*65536))))
		}
		tags[c+"XYZ"], tags[c+"TRC"] = b, curve
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var bodies []byte
	for _, name := range []string{"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"} {
		table = append(table, name...)
		table = binary.BigEndian.AppendUint32(table, uint32(128+4+12*len(tags)+len(bodies)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(tags[name])))
		bodies = append(bodies, tags[name]...)
	}
	icc := bytes.Join([][]byte{head, table, bodies}, nil)
	binary.BigEndian.PutUint32(icc, uint32(len(icc)))
	return icc
}

func withICC(jpeg, icc []byte) []byte {
	return withSegment(jpeg, 0xE2, append([]byte("ICC_PROFILE\x00\x01\x01"), icc...))
}

// pngWithICC puts a profile behind a PNG's header.
func pngWithICC(t *testing.T, file, icc []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, err := w.Write(icc)
	must(t, err)
	must(t, w.Close())
	return bytes.Join([][]byte{file[:33], pngChunk("iCCP", append([]byte("p\x00\x00"), z.Bytes()...)), file[33:]}, nil)
}

// inSpace is the same light in another space of colours: what a camera writes that uses it.
func inSpace(m *image.RGBA, primaries [3][3]float64, gamma func(float64) float64) *image.RGBA {
	toXYZ, back := primariesSRGB, inverse(primaries)
	out := image.NewRGBA(m.Rect)
	for i := 0; i < len(m.Pix); i += 4 {
		var light, there [3]float64
		for c := range 3 {
			light[c] = linear(float64(m.Pix[i+c]) / 255)
		}
		for row := range 3 {
			xyz := 0.0
			for c := range 3 {
				xyz += toXYZ[row][c] * light[c]
			}
			for c := range 3 {
				there[c] += back[c][row] * xyz
			}
		}
		for c := range 3 {
			out.Pix[i+c] = uint8(math.Round(255 * gamma(min(max(there[c], 0), 1))))
		}
		out.Pix[i+3] = 255
	}
	return out
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func gammaSRGB(light float64) float64 {
	if light <= 0.0031308 {
		return 12.92 * light
	}
	return 1.055*math.Pow(light, 1/2.4) - 0.055
}

func inverse(m [3][3]float64) (out [3][3]float64) {
	minor := func(r, c int) float64 {
		return m[(r+1)%3][(c+1)%3]*m[(r+2)%3][(c+2)%3] - m[(r+1)%3][(c+2)%3]*m[(r+2)%3][(c+1)%3]
	}
	det := m[0][0]*minor(0, 0) + m[0][1]*minor(0, 1) + m[0][2]*minor(0, 2)
	for r := range 3 {
		for c := range 3 {
			out[c][r] = minor(r, c) / det
		}
	}
	return out
}

// gentle is a picture of moderate colours without edges: in strong ones, a unit in a wide space is many in sRGB.
func gentle(n int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			wave := func(k, phase float64) uint8 {
				return uint8(140 + 40*math.Sin(phase+k*float64(x)/float64(n)*3+float64(y)/float64(n)*4))
			}
			m.SetRGBA(x, y, color.RGBA{wave(1, 0), wave(1.5, 2), wave(0.7, 4), 255})
		}
	}
	return m
}

func TestColoursOfOtherSpaces(t *testing.T) {
	t.Parallel()
	plain := gentle(128)
	gamma22 := func(light float64) float64 { return math.Pow(light, 256.0/563) }
	p3, adobe := inSpace(plain, primariesP3, gammaSRGB), inSpace(plain, primariesAdobe, gamma22)
	iccP3 := iccOf(primariesP3, curveSRGB)
	fine := func(m image.Image) []byte {
		var b bytes.Buffer
		must(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}))
		return b.Bytes()
	}
	translucent := image.NewNRGBA(plain.Rect)
	copy(translucent.Pix, p3.Pix)
	translucent.Pix[3] = 0
	for _, c := range []struct {
		name      string
		file      []byte
		from, to  int // how much a colour differs from the same in sRGB: at least, at most
		reference []byte
	}{
		{"Display P3 in a PNG", pngWithICC(t, pngOf(t, p3), iccP3), 0, 2, pngOf(t, plain)},
		{"Display P3 in a JPEG", withICC(fine(p3), iccP3), 0, 2, fine(plain)},
		{"Display P3 in a translucent PNG", pngWithICC(t, pngOf(t, translucent), iccP3), 0, 2, pngOf(t, plain)},
		{"Display P3 whose profile is missing", pngOf(t, p3), 5, 60, pngOf(t, plain)},
		{"Adobe RGB in a PNG", pngWithICC(t, pngOf(t, adobe), iccOf(primariesAdobe, curve22)), 0, 2, pngOf(t, plain)},
		{"Adobe RGB in a JPEG", withICC(fine(adobe), iccOf(primariesAdobe, curve22)), 0, 2, fine(plain)},
		{"sRGB in a PNG", pngWithICC(t, pngOf(t, plain), iccOf(primariesSRGB, curveSRGB)), 0, 0, pngOf(t, plain)},
		{"two profiles, the first counts", pngWithICC(t, pngWithICC(t, pngOf(t, p3), iccOf(primariesSRGB, curveSRGB)), iccP3), 0, 2, pngOf(t, plain)},
		{"a profile that is none", pngWithICC(t, pngOf(t, plain), []byte("nothing")), 0, 0, pngOf(t, plain)},
		{"a profile that is cut", pngWithICC(t, pngOf(t, plain), iccP3[:300]), 0, 0, pngOf(t, plain)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := renderer().Unencoded(t.Context(), c.file)
			must(t, err)
			want, _, err := renderer().Unencoded(t.Context(), c.reference)
			must(t, err)
			if d := meanDistance(got, want); d < c.from || d > c.to {
				t.Errorf("a colour differs by %d, want %d to %d", d, c.from, c.to)
			}
		})
	}
}

// No pixel differs from what exact arithmetic makes of it by more than rounding explains, also in strong
// colours. The PNG is translucent in its first pixel, so that its colours are not kept coarser than its light.
func TestEachPixelOfAStrongPicture(t *testing.T) {
	t.Parallel()
	p3 := inSpace(strong(), primariesP3, gammaSRGB)
	sent, want := image.NewNRGBA(p3.Rect), image.NewNRGBA(p3.Rect)
	for i := 0; i < len(p3.Pix); i += 4 {
		copy(sent.Pix[i:], p3.Pix[i:i+4])
		copy(want.Pix[i:], exactSRGB([3]uint8(p3.Pix[i:]), primariesP3))
	}
	clear(sent.Pix[:4])
	clear(want.Pix[:4])
	got, _, err := renderer().Unencoded(t.Context(), pngWithICC(t, pngOf(t, sent), iccOf(primariesP3, curveSRGB)))
	must(t, err)
	if d := distance(got, want); d > 2 {
		t.Errorf("a channel differs by %d, want at most 2", d)
	}
}

// strong has every mixture of seventeen steps of red, green and blue, the pure ones of sRGB too.
func strong() *image.RGBA {
	const steps = 17
	m := image.NewRGBA(image.Rect(0, 0, steps*steps, steps*steps))
	for i := range steps * steps * steps * steps {
		x, y := i%(steps*steps), i/(steps*steps)
		step := func(n int) uint8 { return uint8(n * 255 / (steps - 1)) }
		m.SetRGBA(x, y, color.RGBA{step(x % steps), step(y % steps), step(x / steps), 255})
	}
	return m
}

// exactSRGB is a colour of another space with sRGB's tone curve, in sRGB.
func exactSRGB(there [3]uint8, primaries [3][3]float64) []byte {
	back, out := inverse(primariesSRGB), []byte{0, 0, 0, 255}
	for c := range 3 {
		light := 0.0
		for row := range 3 {
			for k := range 3 {
				light += back[c][row] * primaries[row][k] * linear(float64(there[k])/255)
			}
		}
		out[c] = uint8(math.Round(255 * gammaSRGB(min(max(light, 0), 1))))
	}
	return out
}

// meanDistance is the largest difference of a channel between means of 8 × 8 pixels, so that it is not the
// rounding of single samples that counts. It leaves out the first ones.
func meanDistance(a, b image.Image) int {
	const n = 8
	most, size := 0, a.Bounds().Size()
	for y := 0; y < size.Y; y += n {
		for x := n; x < size.X; x += n {
			var sums [3]int
			for i := range n * n {
				r1, g1, b1, _ := a.At(x+i%n, y+i/n).RGBA()
				r2, g2, b2, _ := b.At(x+i%n, y+i/n).RGBA()
				sums[0] += int(r1>>8) - int(r2>>8)
				sums[1] += int(g1>>8) - int(g2>>8)
				sums[2] += int(b1>>8) - int(b2>>8)
			}
			for _, s := range sums {
				most = max(most, (s+n*n/2)/(n*n), (n*n/2-s)/(n*n))
			}
		}
	}
	return most
}
