package imaging_test

import (
	"context"
	"image"
	"image/color"
	"os"
	"runtime"
	"testing"

	"cameo/association/imaging"
	"cameo/storage/fault"
)

// seeds are small pictures of every kind, and of every coding that the Go tree has.
func seeds(f *testing.F) [][]byte {
	f.Helper()
	all := [][]byte{
		withSegment(jpegOf(f, patches(20, 20)), 0xE1, exif(bigEndian, 6)),
		withICC(jpegOf(f, patches(20, 20)), iccOf(primariesP3, curveSRGB)),
		pngOf(f, patches(20, 20)),
		gifOf(f, 2, image.Rect(0, 0, 20, 20), image.Pt(20, 20)),
		webpOf(20, 20, color.NRGBA{1, 2, 3, 4}),
		emptyScans(20, 3),
		[]byte("\x00\x00\x00\x18ftypheic"),
	}
	for _, path := range goPictures(f) {
		b, err := os.ReadFile(path)
		must(f, err)
		if len(b) < 12_000 {
			all = append(all, b)
		}
	}
	return all
}

// Whatever is in a file, it ends in a picture within the limits or a refusal with a reason.
func FuzzRender(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b, 0, 0, 0)
	}
	r := renderer()
	r.Limits.Pixels = 100_000
	const most = 128 << 20 // bytes, all that is allocated for so few pixels
	f.Fuzz(func(t *testing.T, b []byte, x, y, size int) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := r.Render(context.Background(), b, imaging.Request{
			Crop:  imaging.Crop{X: x, Y: y, Size: size},
			Specs: []imaging.Spec{{Pixels: 45}, {Shape: imaging.Whole, Pixels: 200}, {Pixels: 100}},
		})
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("it took %d bytes of memory, want at most %d", got, most)
		}
		switch {
		case err != nil && fault.Public(err).Reason == "":
			t.Errorf("refused without a reason: %v", err)
		case err == nil && (p.Renditions[0].Width > 45 || max(p.Renditions[1].Width, p.Renditions[1].Height) > 200 || p.Renditions[2].Width > 100):
			t.Errorf("renditions are %d, %d and %d pixels wide", p.Renditions[0].Width, p.Renditions[1].Width, p.Renditions[2].Width)
		}
	})
}

func FuzzJudge(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	r := renderer()
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := r.Judge(b)
		if len(b) < 1<<16 {
			wantSame(t, b)
		}
		if err != nil {
			if fault.Public(err).Reason == "" {
				t.Errorf("refused without a reason: %v", err)
			}
			return
		}
		l := r.Limits
		if int64(h.Width)*int64(h.Height) > l.Pixels || min(h.Width, h.Height) < l.MinSide || h.Orientation < 1 || h.Orientation > 8 {
			t.Errorf("accepted %d×%d in orientation %d", h.Width, h.Height, h.Orientation)
		}
	})
}

// FuzzEXIF puts any EXIF and any colour profile into a good picture: that is never a reason to refuse it.
func FuzzEXIF(f *testing.F) {
	f.Add(exif(bigEndian, 6), iccOf(primariesAdobe, curve22))
	f.Add(exif(bigEndian, 8)[:20], iccOf(primariesP3, curveSRGB)[:200])
	good := jpegOf(f, patches(24, 16))
	f.Fuzz(func(t *testing.T, exif, icc []byte) {
		const most = 60_000 // that a segment holds
		exif, icc = exif[:min(len(exif), most)], icc[:min(len(icc), most)]
		p, err := renderer().Render(context.Background(), withICC(withSegment(good, 0xE1, exif), icc), imaging.Request{})
		must(t, err)
		if p.Header.Width*p.Header.Height != 24*16 {
			t.Errorf("it is %d×%d", p.Header.Width, p.Header.Height)
		}
	})
}
