package imaging_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"os/exec"
	"slices"
	"testing"

	"cameo/association/imaging"
	"cameo/storage/sqldb/sqltest"
)

const passenger = "SECRET-52.5200N-<script>alert(1)</script><?php system(0); ?>"

// polyglots are pictures that are something else as well, or carry what must not be shown.
func polyglots(t *testing.T) map[string][]byte {
	t.Helper()
	jpg, png := jpegOf(t, patches(64, 64)), pngOf(t, patches(64, 64))
	gif := gifOf(t, 1, image.Rect(0, 0, 64, 64), image.Pt(64, 64))
	position := append(exif(binary.LittleEndian, 6), passenger...)
	chunk := func(name string, body []byte) []byte {
		return bytes.Join([][]byte{png[:33], pngChunk(name, body), png[33:]}, nil)
	}
	canvas := riffChunk("VP8X", []byte{0x0C, 0, 0, 0, 63, 0, 0, 63, 0, 0})
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "Payload.class", Method: zip.Store})
	must(t, err)
	_, err = w.Write([]byte(passenger))
	must(t, err)
	must(t, z.Close())
	return map[string][]byte{
		"GIF and archive":            append(bytes.Clone(gif), archive.Bytes()...),
		"GIF with a comment":         bytes.Join([][]byte{gif[:len(gif)-1], {0x21, 0xFE, byte(len(passenger))}, []byte(passenger), {0, 0x3B}}, nil),
		"HTML in a JPEG's comment":   withSegment(jpg, 0xFE, []byte(passenger)),
		"PHP in EXIF":                withSegment(jpg, 0xE1, position),
		"XMP":                        withSegment(jpg, 0xE1, []byte("http://ns.adobe.com/xap/1.0/\x00"+passenger)),
		"IPTC":                       withSegment(jpg, 0xED, []byte("Photoshop 3.0\x008BIM"+passenger)),
		"ICC description":            withICC(jpg, append(iccOf(primariesP3, curveSRGB), passenger...)),
		"PDF behind a JPEG":          append(bytes.Clone(jpg), "%PDF-1.7 "+passenger...),
		"film behind a JPEG":         append(bytes.Clone(jpg), "\x00\x00\x00\x18ftypmp42"+passenger...),
		"text in a PNG":              chunk("tEXt", []byte("Comment\x00"+passenger)),
		"EXIF in a PNG":              chunk("eXIf", position[6:]),
		"archive behind a PNG":       append(bytes.Clone(png), archive.Bytes()...),
		"EXIF and XMP in a WebP":     riff(canvas, riffChunk("VP8L", vp8l(64, 64, color.NRGBA{1, 2, 3, 255})), riffChunk("EXIF", position), riffChunk("XMP ", []byte(passenger))),
		"a second JPEG within EXIF":  withSegment(jpg, 0xE1, append(position, jpg...)),
		"two pictures in one (MPF)":  append(withSegment(jpg, 0xE2, []byte("MPF\x00"+passenger)), jpg...),
		"data between two segments":  bytes.Join([][]byte{jpg[:2], segment(0xE7, []byte(passenger)), jpg[2:]}, nil),
		"text in a JPEG's own marks": withSegment(jpg, 0xEE, []byte("Adobe\x00\x64\x00\x00\x00\x00\x01"+passenger)),
	}
}

// Phones put maps of depths and second pictures into a file's own segments, many megabytes of them. They are
// stepped over, and make no difference to what is shown.
func TestJPEGsWithMegabytesBesideThePicture(t *testing.T) {
	t.Parallel()
	ordinary := jpegOf(t, patches(64, 48))
	for name, plain := range map[string][]byte{
		"the fast decoder's":          ordinary,
		"the standard library's, RGB": withSegment(ordinary, 0xEE, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")),
	} {
		want, err := square(plain, 32)
		must(t, err)
		for _, c := range []struct {
			name   string
			marker byte
			begin  string
		}{
			{"extended XMP", 0xE1, "http://ns.adobe.com/xmp/extension/\x00"},
			{"a second picture", 0xE2, "MPF\x00"},
			{"nobody's", 0xE7, ""},
			{"notes", 0xFE, passenger},
		} {
			t.Run(name+", "+c.name, func(t *testing.T) {
				t.Parallel()
				// What looks like the end of the picture, and like another one, must not be taken for it.
				body := append([]byte(c.begin), bytes.Repeat([]byte("\xFF\xD9\xFF\xD8\xFF\xDA\x00\x08"), 8000)...)
				file := bytes.Join([][]byte{plain[:2], bytes.Repeat(segment(c.marker, body), 160), plain[2:]}, nil)
				got, err := square(file, 32)
				must(t, err)
				if !bytes.Equal(got.Bytes, want.Bytes) {
					t.Errorf("%d bytes beside it make another picture", len(file)-len(plain))
				}
			})
		}
	}
}

func TestNothingButPixelsIsServed(t *testing.T) {
	t.Parallel()
	for name, file := range polyglots(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := renderer().Render(t.Context(), file, imaging.Request{Specs: imaging.Plan()})
			must(t, err)
			for _, r := range p.Renditions {
				if bytes.Contains(r.Bytes, []byte("SECRET")) || bytes.Contains(r.Bytes, []byte("script")) {
					t.Errorf("%s of %d pixels carries the passenger", r.Type, r.Width)
				}
				wantParts(t, r)
			}
		})
	}
}

// wantParts checks that a rendition has no part but those that pixels need.
func wantParts(t *testing.T, r imaging.Rendition) {
	t.Helper()
	var got []string
	allowed := map[string][]string{
		imaging.JPEG: {"\xE0", "\xDB", "\xC0", "\xC4", "\xDA"},
		imaging.PNG:  {"IHDR", "IDAT", "IEND"},
		imaging.WebP: {"VP8 ", "VP8L", "VP8X", "ALPH"},
	}[r.Type]
	b := r.Bytes
	switch r.Type {
	case imaging.JPEG:
		for b = b[2:]; b[1] != 0xDA; b = b[2+int(bigEndian.Uint16(b[2:])):] {
			got = append(got, string(b[1:2]))
		}
		if end := bytes.Index(b, []byte{0xFF, 0xD9}); end != len(b)-2 {
			t.Errorf("the image ends at %d of %d bytes", end, len(b)-2)
		}
	case imaging.PNG:
		for b = b[8:]; len(b) > 0; b = b[12+bigEndian.Uint32(b):] {
			got = append(got, string(b[4:8]))
		}
	case imaging.WebP:
		for b = b[12:]; len(b) > 0; b = b[8+(binary.LittleEndian.Uint32(b[4:])+1)/2*2:] {
			got = append(got, string(b[:4]))
		}
	}
	for _, part := range got {
		if !slices.Contains(allowed, part) {
			t.Errorf("%s has a part %q", r.Type, part)
		}
	}
}

// Another program finds in the files what must not be shown, and in the renditions nothing but what describes them.
func TestExiftoolFindsNothingPrivate(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("exiftool")
	sqltest.Require(t, "exiftool", err == nil, "Debian's libimage-exiftool-perl is not installed")
	all := polyglots(t)
	for _, name := range []string{"PHP in EXIF", "XMP", "EXIF in a PNG", "ICC description"} {
		if out := tags(t, tool, all[name]); out == "" {
			t.Errorf("%s: it finds nothing in the file itself", name)
		}
		p, err := renderer().Render(t.Context(), all[name], imaging.Request{Specs: imaging.Plan()})
		must(t, err)
		for _, r := range []imaging.Rendition{p.Renditions[0], p.Renditions[len(p.Renditions)-1]} {
			if out := tags(t, tool, r.Bytes); out != "" {
				t.Errorf("%s: in the %s it finds\n%s", name, r.Type, out)
			}
		}
	}
}

// tags are what the tool finds beside the file's own description.
func tags(t *testing.T, tool string, file []byte) string {
	t.Helper()
	find := exec.Command(tool, "-q", "-G0", "-a", "-u", "-s", "-EXIF:all", "-XMP:all", "-IPTC:all", "-ICC_Profile:all",
		"-GPS:all", "-Photoshop:all", "-MPF:all", "-MakerNotes:all", "-Comment", "-")
	find.Stdin = bytes.NewReader(file)
	out, err := find.Output()
	must(t, err)
	return string(out)
}
