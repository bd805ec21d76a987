package imaging_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"io"
	"runtime"
	"testing"
	"time"

	"cameo/association/imaging"
	"cameo/association/imaging/imagingtest"
)

// bombs are small files that take a decoder seconds or hundreds of megabytes, and the reason why each is
// refused.
func bombs(t testing.TB) map[string]struct {
	file []byte
	want imaging.Reason
} {
	t.Helper()
	small := jpegOf(t, patches(64, 64))
	side := func(w, h byte) func([]byte) {
		return func(frame []byte) { frame[1], frame[2], frame[3], frame[4] = h, 0xFF, w, 0xFF }
	}
	canvas := riffChunk("VP8X", []byte{0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	behindHeader := func(chunks ...[]byte) []byte {
		file := pngOf(t, patches(64, 64))
		return bytes.Join([][]byte{file[:33], bytes.Join(chunks, nil), file[33:]}, nil)
	}
	segments := bytes.Repeat(segment(0xE2, append([]byte("ICC_PROFILE\x00\x01\x01"), make([]byte, 60_000)...)), 20)
	positions := bytes.Repeat(segment(0xE1, append([]byte("Exif\x00\x00"), make([]byte, 60_000)...)), 20)
	notes := bytes.Repeat(segment(0xFE, nil), 300_000)
	return map[string]struct {
		file []byte
		want imaging.Reason
	}{
		"JPEG of 65535²":                {patched(small, side(0xFF, 0xFF)), imaging.TooManyPixels},
		"JPEG of 50.3 MP":               {patched(small, side(0x1B, 0x1B)), imaging.TooManyPixels},
		"JPEG with a long side":         {patched(small, side(0x40, 0x00)), imaging.TooManyPixels},
		"JPEG with 1,000 scans":         {emptyScans(7000, 1000), imaging.TooManyScans},
		"JPEG with 101 scans":           {emptyScans(7000, 101), imaging.TooManyScans},
		"baseline JPEG with 4 scans":    {scanned(small, 4), imaging.TooManyScans},
		"JPEG with 1.2 MB of ICC":       {bytes.Join([][]byte{small[:2], segments, small[2:]}, nil), imaging.TooMuchMetadata},
		"JPEG with 1.2 MB of EXIF":      {bytes.Join([][]byte{small[:2], positions, small[2:]}, nil), imaging.TooMuchMetadata},
		"JPEG with 300,000 notes":       {bytes.Join([][]byte{small[:2], notes, small[2:]}, nil), imaging.TooMuchMetadata},
		"PNG of 65535²":                 {pngOfSize(65535, 65535), imaging.TooManyPixels},
		"PNG of 2³¹-1":                  {pngOfSize(1<<31-1, 1<<31-1), imaging.TooManyPixels},
		"PNG of 12000² zeros":           {zeroPNG(t, 12000, 1<<20), imaging.TooManyPixels},
		"PNG with 40 MB of ICC":         {behindHeader(pngChunk("iCCP", append([]byte("p\x00\x00"), zeros(t, 40<<20)...))), imaging.TooMuchMetadata},
		"PNG with 100,000 profiles":     {behindHeader(bytes.Repeat(pngChunk("iCCP", append([]byte("p\x00\x00"), zeros(t, 1<<19)...)), 100_000)), imaging.TooMuchMetadata},
		"PNG with a million chunks":     {behindHeader(bytes.Repeat(pngChunk("tEXt", nil), 1_000_000)), imaging.TooMuchMetadata},
		"PNG with 1.2 MB of text":       {behindHeader(pngChunk("iTXt", make([]byte, 1_200_000))), imaging.TooMuchMetadata},
		"WebP with 1.2 MB of XMP":       {riff(riffChunk("VP8L", vp8l(64, 64, color.NRGBA{})), riffChunk("XMP ", make([]byte, 1_200_000))), imaging.TooMuchMetadata},
		"PNG with empty data":           {behindHeader(bytes.Repeat(pngChunk("IDAT", nil), 1_000_000)), imaging.TooMuchMetadata},
		"WebP of 16384²":                {webpOf(16384, 16384, color.NRGBA{}), imaging.TooManyPixels},
		"WebP whose canvas is large":    {riff(canvas, riffChunk("VP8L", vp8l(64, 64, color.NRGBA{}))), imaging.NotAnImage},
		"WebP of 2,600 groups of codes": {imagingtest.ManyCodes(2600), imaging.UnsupportedCoding},
		"WebP of 400 groups of codes":   {imagingtest.ManyCodes(400), imaging.UnsupportedCoding},
		"WebP of 2,601 groups of codes": {imagingtest.ManyCodes(2601), imaging.UnsupportedCoding},
		"WebP of 2,600 groups in alpha": {riff(riffChunk("VP8X", []byte{0x10, 0, 0, 0, 203, 0, 0, 203, 0, 0}), riffChunk("ALPH", imagingtest.ManyCodesAlpha(2600))), imaging.UnsupportedCoding},
		"animated WebP":                 {riff(riffChunk("ANIM", make([]byte, 6))), imaging.TooManyFrames},
		"GIF with 10,000 frames":        {gifOf(t, 10_000, image.Rect(0, 0, 16, 16), image.Pt(16, 16)), imaging.TooManyFrames},
		"GIF of 40 × 16 MP":             {gifOf(t, 40, image.Rect(0, 0, 16, 16), image.Pt(4000, 4000)), imaging.TooManyFrames},
	}
}

// emptyScans is a progressive JPEG of side × side pixels in so many scans without a bit of data.
func emptyScans(side uint16, scans int) []byte {
	frame := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, side), side)
	file := append([]byte("\xFF\xD8"), segment(0xC2, append(frame, 1, 1, 0x11, 0))...)
	scan := segment(0xDA, []byte{1, 1, 0, 1, 63, 0x10})
	return append(append(file, bytes.Repeat(scan, scans)...), 0xFF, 0xD9)
}

// zeros are n of them as zlib packs them.
func zeros(t testing.TB, n int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := io.CopyN(w, zero{}, n)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

type zero struct{}

func (zero) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// zeroPNG is a PNG that begins with so many zeros.
func zeroPNG(t testing.TB, side uint32, n int64) []byte {
	t.Helper()
	empty := pngOfSize(side, side)
	data := pngChunk("IDAT", zeros(t, n))
	return bytes.Join([][]byte{empty[:33], data, empty[len(empty)-12:]}, nil)
}

// Not parallel: it measures what this one test allocates.
func TestBombsAreRefusedBeforeDecoding(t *testing.T) {
	for name, c := range bombs(t) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			_, err := renderer().Render(t.Context(), c.file, imaging.Request{Specs: imaging.Plan()})
			took := time.Since(begin)
			runtime.ReadMemStats(&after)
			wantReason(t, err, c.want)
			if got := int64(after.TotalAlloc - before.TotalAlloc); got > 32<<20 {
				t.Errorf("it took %d bytes of memory", got)
			}
			if took > 2*time.Second { // decoding any of them takes longer; how long this takes is for the benchmarks
				t.Errorf("it took %v", took)
			}
		})
	}
}

// Just below the limits a picture is decoded, at a cost that its pixels explain.
func TestWhatPassesTheLimitsIsBearable(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		most int64 // bytes
	}{
		{"progressive JPEG of 4 MP with 100 scans", emptyScans(2000, 100), 64 << 20},
		{"PNG of 4 MP of zeros", zeroPNG(t, 2000, 2000*2001), 64 << 20},
		{"lossless WebP of 300 groups of codes", imagingtest.ManyCodes(300), 64 << 20},
		{"GIF of 256 frames", gifOf(t, 256, image.Rect(0, 0, 16, 16), image.Pt(800, 800)), 64 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = renderer().Render(t.Context(), c.file, imaging.Request{Specs: imaging.Plan()[:1]})
			runtime.ReadMemStats(&after)
			if got := int64(after.TotalAlloc - before.TotalAlloc); got > c.most {
				t.Errorf("it took %d bytes of memory, want at most %d", got, c.most)
			}
		})
	}
}
