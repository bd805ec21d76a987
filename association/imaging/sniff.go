package imaging

import (
	"bytes"
	"slices"
	"strings"
)

// The accepted media types, in their canonical spelling.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
	GIF  = "image/gif"
	WebP = "image/webp"
)

// The media types that are recognised in order to say what to send instead; an Engine may read them.
const (
	HEIC = "image/heic"
	AVIF = "image/avif"
)

var accepted = [...]string{JPEG, PNG, GIF, WebP}

// Formats says which pictures can be photos. The zero Formats are those that this package reads itself.
type Formats struct {
	HEIF bool // HEIC and AVIF too: there is an Engine for them
}

// Accepted says whether pictures of a declared media type, in any spelling, can be photos.
func (f Formats) Accepted(mediaType string) bool {
	t := Canonical(mediaType)
	return slices.Contains(accepted[:], t) || f.HEIF && IsHEIF(t)
}

// IsHEIF says whether a canonical media type is one of those that only an Engine reads.
func IsHEIF(mediaType string) bool { return mediaType == HEIC || mediaType == AVIF }

// Canonical spells a media type in the one way that is compared: lower case, no parameters, image/jpeg for
// its other names.
func Canonical(mediaType string) string {
	t, _, _ := strings.Cut(mediaType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	if t == "image/jpg" || t == "image/pjpeg" {
		return JPEG
	}
	return t
}

// sniffed is how many of a file's first bytes are more than enough to know its signature.
const sniffed = 64

// Sniff tells the media type by the signature in a file's first bytes; 64 are more than enough.
func Sniff(head []byte) (mediaType string, ok bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xD8\xFF")):
		return JPEG, true
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1A\n")):
		return PNG, true
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return GIF, true
	case len(head) >= 12 && bytes.HasPrefix(head, []byte("RIFF")) && bytes.Equal(head[8:12], []byte("WEBP")):
		return WebP, true
	case len(head) >= 12 && bytes.Equal(head[4:8], []byte("ftyp")):
		return sniffBrand(string(head[8:12]))
	}
	return "", false
}

// sniffBrand tells still pictures by the major brand of their ISO base media file. Films are none.
func sniffBrand(brand string) (mediaType string, ok bool) {
	switch brand {
	case "avif", "avis":
		return AVIF, true
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return HEIC, true
	}
	return "", false
}

// Verdict judges a finished upload by its declared type and its first bytes: the signature must be that of
// an accepted picture, NotAnImage otherwise, and of the declared type, TypeMismatch otherwise.
func (f Formats) Verdict(declared string, head []byte) error {
	is, ok := Sniff(head)
	if !ok {
		return NotAnImage.Fault()
	}
	if IsHEIF(is) && !f.HEIF {
		return UnsupportedFormat.Fault()
	}
	if is != Canonical(declared) {
		return TypeMismatch.Fault()
	}
	return nil
}
