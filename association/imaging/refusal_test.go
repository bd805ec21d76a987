package imaging_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"

	"cameo/association/imaging"
	"cameo/storage/fault"
)

func TestTruncatedPicturesAreRefused(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"JPEG": jpegOf(t, patches(64, 48)),
		"PNG":  pngOf(t, patches(64, 48)),
		"GIF":  gifOf(t, 2, image.Rect(0, 0, 64, 48), image.Pt(64, 48)),
		"WebP": webpOf(64, 48, color.NRGBA{1, 2, 3, 255}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 12; n < len(file); n++ {
				_, err := square(file[:n], 32)
				if err == nil {
					t.Fatalf("the first %d of %d bytes are accepted", n, len(file))
				}
				wantReason(t, err, imaging.Truncated)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	whole := jpegOf(t, patches(64, 64))
	frame := func(at int, v byte) []byte { return patched(whole, func(f []byte) { f[at] = v }) }
	arithmetic := bytes.Replace(whole, []byte{0xFF, 0xC0}, []byte{0xFF, 0xC9}, 1)
	noise := append(bytes.Clone(whole[:len(whole)/2]), 0xFF, 0xD9)
	for _, c := range []struct {
		name string
		file []byte
		want imaging.Reason
	}{
		{"nothing", nil, imaging.NotAnImage},
		{"text", []byte("this is no picture at all"), imaging.NotAnImage},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), imaging.NotAnImage},
		{"HTML", []byte("<!DOCTYPE html><script>"), imaging.NotAnImage},
		{"PDF", []byte("%PDF-1.7"), imaging.NotAnImage},
		{"BMP", []byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), imaging.NotAnImage},
		{"15 pixels", jpegOf(t, patches(15, 400)), imaging.TooSmall},
		{"CMYK", frame(5, 4), imaging.UnsupportedColour},
		{"12 bits", frame(0, 12), imaging.UnsupportedColour},
		{"two components", frame(5, 2), imaging.NotAnImage},
		{"arithmetic coding", arithmetic, imaging.UnsupportedCoding},
		{"two frames", withSegment(whole, 0xC0, whole[bytes.Index(whole, []byte{0xFF, 0xC0})+4:][:15]), imaging.NotAnImage},
		{"JPEG without a scan", []byte("\xFF\xD8\xFF\xE0\x00\x02\xFF\xD9"), imaging.NotAnImage},
		{"half of the scan, and an end", noise, imaging.Truncated},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), imaging.UnsupportedFormat},
		{"AVIF", []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1"), imaging.UnsupportedFormat},
		{"a film", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), imaging.NotAnImage},
		{"PNG without pixels", pngOfSize(64, 64), imaging.Damaged},
		{"PNG with other bytes first", append(pngOfSize(64, 64)[:8], pngChunk("IEND", nil)...), imaging.NotAnImage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := square(c.file, 64)
			wantReason(t, err, c.want)
			if fault.Of(err) != fault.Unsupported {
				t.Errorf("the kind is %v", fault.Of(err))
			}
		})
	}
}

func TestAFileOverTheLimitIsTooLarge(t *testing.T) {
	t.Parallel()
	file, l := jpegOf(t, patches(64, 64)), imaging.DefaultLimits()
	l.Bytes = int64(len(file))
	r := imaging.Renderer{Limits: l, Memory: imaging.NewMemory(512 << 20)}
	_, err := r.Judge(file)
	must(t, err)
	r.Limits.Bytes--
	_, err = r.Judge(file)
	wantReason(t, err, imaging.TooLarge)
	if fault.Of(err) != fault.TooLarge {
		t.Errorf("the kind is %v", fault.Of(err))
	}
}

// Whatever is in a file, it ends in a picture or a refusal.
func TestHostileBytesNeverPanic(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	r := renderer()
	r.Limits.Pixels = 100_000
	for _, file := range [][]byte{
		withSegment(jpegOf(t, patches(40, 40)), 0xE1, exif(bigEndian, 6)), pngOf(t, patches(40, 40)),
		gifOf(t, 2, image.Rect(0, 0, 40, 40), image.Pt(40, 40)), webpOf(40, 40, color.NRGBA{1, 2, 3, 4}),
	} {
		for range 500 {
			b := bytes.Clone(file)
			for range 1 + random.IntN(8) {
				b[random.IntN(len(b))] = byte(random.Uint32())
			}
			_, err := r.Render(context.Background(), b, justSquare(16))
			if err != nil && fault.Of(err) != fault.Unsupported {
				t.Fatalf("got %v", err)
			}
		}
	}
}

func TestEveryReasonHasItsWords(t *testing.T) {
	t.Parallel()
	unknown := imaging.Reason("no such reason").Sentence()
	for _, r := range imaging.Reasons() {
		if s := r.Sentence(); s == unknown || strings.HasSuffix(s, ".") {
			t.Errorf("%s: %q", r, s)
		}
		if got := r.Fault().Reason; got != string(r) {
			t.Errorf("%s: the fault's reason is %q", r, got)
		}
	}
}
