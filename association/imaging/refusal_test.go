package imaging_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

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

// Not parallel: it measures what this one test allocates.
func TestBombsAreRefusedBeforeDecoding(t *testing.T) {
	small := jpegOf(t, patches(64, 64))
	side := func(w, h byte) func([]byte) {
		return func(frame []byte) { frame[1], frame[2], frame[3], frame[4] = h, 0xFF, w, 0xFF }
	}
	canvas := riffChunk("VP8X", []byte{0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	for _, c := range []struct {
		name string
		file []byte
		want imaging.Reason
	}{
		{"JPEG of 65535²", patched(small, side(0xFF, 0xFF)), imaging.TooManyPixels},
		{"JPEG of 50.3 MP", patched(small, side(0x1B, 0x1B)), imaging.TooManyPixels},
		{"JPEG with a long side", patched(small, side(0x40, 0x00)), imaging.TooManyPixels},
		{"PNG of 65535²", pngOfSize(65535, 65535), imaging.TooManyPixels},
		{"PNG of 2³¹-1", pngOfSize(1<<31-1, 1<<31-1), imaging.TooManyPixels},
		{"WebP of 16384²", webpOf(16384, 16384, color.NRGBA{}), imaging.TooManyPixels},
		{"WebP whose canvas is larger", riff(canvas, riffChunk("VP8L", vp8l(64, 64, color.NRGBA{}))), imaging.NotAnImage},
		{"JPEG with 1,000 scans", scanned(small, 1000), imaging.TooManyScans},
		{"JPEG with 101 scans", scanned(small, 101), imaging.TooManyScans},
		{"GIF with 10,000 frames", gifOf(t, 10_000, image.Rect(0, 0, 16, 16), image.Pt(16, 16)), imaging.TooManyFrames},
		{"GIF of 40 × 16 MP", gifOf(t, 40, image.Rect(0, 0, 16, 16), image.Pt(4000, 4000)), imaging.TooManyFrames},
		{"animated WebP", riff(riffChunk("ANIM", make([]byte, 6))), imaging.TooManyFrames},
		{"a million chunks", bytes.Join([][]byte{pngOfSize(64, 64)[:33], bytes.Repeat(pngChunk("tEXt", nil), 1_000_000), pngChunk("IEND", nil)}, nil), imaging.TooMuchMetadata},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			_, err := square(c.file, 256)
			took := time.Since(begin)
			runtime.ReadMemStats(&after)
			wantReason(t, err, c.want)
			// Beside the file itself, which is read into a buffer that grows.
			if got := int64(after.TotalAlloc-before.TotalAlloc) - 8*int64(len(c.file)); got > 1<<20 {
				t.Errorf("it took %d bytes of memory", got)
			}
			if took > 2*time.Second { // decoding any of them takes longer; how long this takes is for the benchmarks
				t.Errorf("it took %v", took)
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
			_, err := r.RenderSquare(context.Background(), bytes.NewReader(b), 16)
			if err != nil && fault.Of(err) != fault.Unsupported {
				t.Fatalf("got %v", err)
			}
		}
	}
}

func FuzzSquare(f *testing.F) {
	f.Add(withSegment(jpegOf(f, patches(20, 20)), 0xE1, exif(bigEndian, 6)))
	f.Add(pngOf(f, patches(20, 20)))
	f.Add(gifOf(f, 2, image.Rect(0, 0, 20, 20), image.Pt(20, 20)))
	f.Add(webpOf(20, 20, color.NRGBA{1, 2, 3, 4}))
	r := renderer()
	r.Limits.Pixels = 100_000
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := r.RenderSquare(context.Background(), bytes.NewReader(b), 16)
		if err != nil && fault.Public(err).Reason == "" {
			t.Errorf("refused without a reason: %v", err)
		}
	})
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
