package imaging_test

import (
	"encoding/binary"
	"image"
	"image/color"
	"testing"

	"cameo/association/imaging"
)

var bigEndian = binary.BigEndian

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		declared, canonical string
		accepted            bool
	}{
		{"image/jpeg", "image/jpeg", true},
		{"image/jpg", "image/jpeg", true},
		{"image/pjpeg", "image/jpeg", true},
		{" IMAGE/JPG ; charset=x", "image/jpeg", true},
		{"image/png", "image/png", true},
		{"image/gif", "image/gif", true},
		{"image/webp", "image/webp", true},
		{"image/svg+xml", "image/svg+xml", false},
		{"image/heic", "image/heic", false},
		{"text/html", "text/html", false},
		{"", "", false},
	} {
		if got := imaging.Canonical(c.declared); got != c.canonical {
			t.Errorf("%q is %q, want %q", c.declared, got, c.canonical)
		}
		if got := (imaging.Formats{}).Accepted(c.declared); got != c.accepted {
			t.Errorf("%q: accepted is %v", c.declared, got)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	head := func(b []byte) []byte { return b[:min(len(b), 64)] }
	jpg, png := head(jpegOf(t, patches(16, 16))), head(pngOf(t, patches(16, 16)))
	gif := head(gifOf(t, 1, image.Rect(0, 0, 16, 16), image.Pt(16, 16)))
	for _, c := range []struct {
		name, declared string
		head           []byte
		want           imaging.Reason
	}{
		{"JPEG", "image/jpeg", jpg, ""},
		{"JPEG by its other name", "image/jpg", jpg, ""},
		{"PNG", "image/png", png, ""},
		{"GIF", "image/gif", gif, ""},
		{"WebP", "image/webp", webpOf(16, 16, color.NRGBA{}), ""},
		{"JPEG said to be PNG", "image/png", jpg, imaging.TypeMismatch},
		{"PNG said to be JPEG", "image/jpeg", png, imaging.TypeMismatch},
		{"HTML said to be PNG", "image/png", []byte("<html>"), imaging.NotAnImage},
		{"WAVE is a RIFF too", "image/webp", []byte("RIFF\x00\x00\x00\x00WAVEfmt "), imaging.NotAnImage},
		{"two bytes", "image/jpeg", jpg[:2], imaging.NotAnImage},
		{"no bytes", "image/jpeg", nil, imaging.NotAnImage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := (imaging.Formats{}).Verdict(c.declared, c.head)
			if c.want != "" {
				wantReason(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
