package imaging_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"testing"
	"time"

	"cameo/association/imaging"
	"cameo/storage/fault"
)

// overMemory says whether the file is refused where so many bytes of memory are all there is.
func overMemory(file []byte, bytesFree int64) bool {
	r := renderer()
	r.Memory = imaging.NewMemory(bytesFree)
	_, err := r.Render(context.Background(), file, imaging.Request{})
	return err != nil && imaging.Reason(fault.Public(err).Reason) == imaging.TooManyPixels
}

func TestAPictureIsWeighedBeforeDecoding(t *testing.T) {
	t.Parallel()
	baseline := jpegOf(t, patches(100, 80)) // 4:2:0
	progressive := bytes.Replace(baseline, []byte{0xFF, 0xC0}, []byte{0xFF, 0xC2}, 1)
	full := func(frame []byte) { frame[7] = 0x11 }
	adobe := append([]byte("Adobe"), make([]byte, 7)...)
	deep := pngOf(t, image.NewNRGBA64(image.Rect(0, 0, 100, 80)))
	interlaced := bytes.Clone(deep)
	interlaced[28] = 1
	for _, c := range []struct {
		name  string
		file  []byte
		pixel int64 // bytes
		codes int64 // bytes
	}{
		{"baseline JPEG 4:2:0", baseline, 2, 0},
		{"baseline JPEG 4:4:4", patched(baseline, full), 3, 0},
		{"gray JPEG", jpegOf(t, image.NewGray(image.Rect(0, 0, 100, 80))), 1, 0},
		{"RGB JPEG", withSegment(patched(baseline, full), 0xEE, adobe), 7, 0},
		{"progressive JPEG 4:2:0", progressive, 8, 0},
		{"progressive JPEG 4:4:4", bytes.Replace(patched(baseline, full), []byte{0xFF, 0xC0}, []byte{0xFF, 0xC2}, 1), 15, 0},
		{"PNG", pngOf(t, patches(100, 80)), 4, 0},
		{"PNG of 16 bits", deep, 8, 0},
		{"interlaced PNG of 16 bits", interlaced, 16, 0},
		{"GIF", gifOf(t, 1, image.Rect(0, 0, 100, 80), image.Pt(100, 80)), 6, 0},
		{"lossless WebP", webpOf(100, 80, color.NRGBA{1, 2, 3, 255}), 8, 5 * 552},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			need := 2*int64(len(c.file)) + 100*80*(c.pixel+5) + c.codes + 8<<20
			if overMemory(c.file, need) {
				t.Errorf("it is refused where %d bytes are free", need)
			}
			if !overMemory(c.file, need-1) {
				t.Errorf("it is accepted where %d bytes are free", need-1)
			}
		})
	}
}

func TestAPictureWaitsForMemory(t *testing.T) {
	t.Parallel()
	file, m := jpegOf(t, patches(64, 64)), imaging.NewMemory(16<<20)
	must(t, m.Take(t.Context(), 16<<20))
	r := imaging.Renderer{Limits: imaging.DefaultLimits(), Memory: m}
	render := func(ctx context.Context) error {
		_, err := r.Render(ctx, file, imaging.Request{})
		return err
	}
	brief, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := render(brief); !errors.Is(err, imaging.ErrNoMemory) || fault.Of(err) != fault.Unavailable {
		t.Errorf("without memory: %v", err)
	}
	done := make(chan error)
	go func() { done <- render(t.Context()) }()
	m.Give(16 << 20)
	must(t, <-done)
	must(t, m.Take(t.Context(), 16<<20)) // all of it was given back
}
