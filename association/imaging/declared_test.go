package imaging_test

import (
	"testing"

	"cameo/association/imaging"
)

func TestRefusalOfADeclaredType(t *testing.T) {
	t.Parallel()
	own, engine := imaging.Formats{}, imaging.Formats{HEIF: true}
	for _, c := range []struct {
		declared string
		formats  imaging.Formats
		want     imaging.Reason
	}{
		{"image/jpg", own, ""},
		{"IMAGE/PNG; q=1", own, ""},
		{"image/heic", own, imaging.UnsupportedFormat},
		{"image/HEIF; x=y", own, imaging.UnsupportedFormat},
		{"image/heic-sequence", own, imaging.UnsupportedFormat},
		{"image/avif", own, imaging.UnsupportedFormat},
		{"image/heic", engine, ""},
		{"image/heif", engine, imaging.NotAnImage},
		{"image/tiff", own, imaging.NotAnImage},
		{"", own, imaging.NotAnImage},
	} {
		if got := c.formats.Refusal(c.declared); got != c.want {
			t.Errorf("%q with %+v: got %q, want %q", c.declared, c.formats, got, c.want)
		}
	}
}
