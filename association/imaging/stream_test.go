package imaging_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"testing"
	"testing/iotest"

	"cameo/association/imaging/imagingtest"
	"cameo/storage/fault"
)

// wantSame judges a file that comes in pieces and one that is in memory.
func wantSame(t *testing.T, file []byte) {
	t.Helper()
	r := renderer()
	want, wrong := r.Judge(file)
	for name, from := range map[string]io.Reader{
		"byte by byte": iotest.OneByteReader(bytes.NewReader(file)),
		"by halves":    iotest.HalfReader(bytes.NewReader(file)),
		"with its end": iotest.DataErrReader(bytes.NewReader(file)),
	} {
		got, err := r.JudgeFrom(from)
		if fmt.Sprint(got, err) != fmt.Sprint(want, wrong) {
			t.Errorf("%s: got %+v, %v, want %+v, %v", name, got, err, want, wrong)
		}
	}
}

// How a file comes makes no difference, also where segments, escapes and chunks lie across the window's edges.
func TestAFileIsJudgedAsItComes(t *testing.T) {
	t.Parallel()
	small := jpegOf(t, patches(64, 48))
	across := bytes.Clone(small[:2])
	for n := range 9 { // segments that are longer and longer, and 64 KiB at last
		across = append(across, segment(0xE4, make([]byte, 65533-n))...)
	}
	across = append(across, small[2:]...)
	escaped := bytes.Replace(small, []byte{0xFF, 0xDA}, append([]byte{0xFF, 0xDA, 0, 2},
		bytes.Repeat([]byte{0xFF, 0}, 100_000)...), 1)
	for name, file := range map[string][]byte{
		"JPEG": small, "long segments": across, "escapes": append(escaped, 0xFF, 0xD9),
		"fill":      append(bytes.Repeat([]byte{0xFF}, 100_000), small...),
		"profile":   withICC(small, iccOf(primariesP3, curveSRGB)),
		"PNG":       pngOf(t, patches(640, 480)),
		"PNG in P3": pngWithICC(t, pngOf(t, patches(64, 48)), iccOf(primariesP3, curveSRGB)),
		"GIF":       gifOf(t, 3, image.Rect(0, 0, 64, 48), image.Pt(64, 48)),
		"WebP":      webpOf(64, 48, color.NRGBA{1, 2, 3, 255}),
		"WebP and metadata": riff(riffChunk("EXIF", make([]byte, 70_001)), riffChunk("ICCP", make([]byte, 70_000)),
			riffChunk("VP8L", vp8l(64, 48, color.NRGBA{1, 2, 3, 255}))),
		"WebP of many codes": imagingtest.ManyCodes(40),
		"no picture":         []byte("this is no picture at all"), "nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantSame(t, file)
			for _, n := range []int{13, len(file) / 2, len(file) - 1} {
				wantSame(t, file[:min(max(n, 0), len(file))])
			}
		})
	}
}

// What a reader has to say is no fault of the picture.
func TestAReaderThatFailsIsNoVerdict(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	for name, file := range map[string][]byte{
		"JPEG": jpegOf(t, patches(64, 48)),
		"PNG":  pngOf(t, patches(64, 48)),
		"GIF":  gifOf(t, 3, image.Rect(0, 0, 64, 48), image.Pt(64, 48)),
		"WebP": webpOf(64, 48, color.NRGBA{1, 2, 3, 255}),
	} {
		for _, n := range []int{0, 5, 100, len(file) - 1} {
			_, err := renderer().JudgeFrom(io.MultiReader(bytes.NewReader(file[:min(n, len(file)-1)]), iotest.ErrReader(broken)))
			if !errors.Is(err, broken) {
				t.Errorf("%s, after %d bytes: got %v", name, n, err)
			}
		}
	}
	damaged := fault.Wrap(io.ErrUnexpectedEOF, fault.Corrupt, "stored bytes are damaged")
	if _, err := renderer().JudgeFrom(iotest.ErrReader(damaged)); !fault.Is(err, fault.Corrupt) {
		t.Errorf("damaged: got %v", err)
	}
}
