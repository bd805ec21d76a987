package servertest_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"path"
	"testing"
	"time"

	"golang.org/x/image/webp"

	"cameo/association"
	"cameo/server/boot"
	"cameo/server/servertest"
)

// gallery is an instance of which all pictures are looked at. Its caller is an administrator, who is told why a photo
// was refused.
type gallery struct {
	*caller
	at *servertest.Instance
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxOpen = 0 }))
	g := &gallery{callInstance(t, i), i}
	g.token = i.Token(servertest.Person("root"), 1)
	return g
}

// told is what is said of a person's photo.
type told struct {
	State, Reason, Version, Current string
	URLs                            map[string]string
	Width, Height                   int
}

// offer uploads a file and makes it somebody's photo.
func (c *caller) offer(person, kind string, file []byte) {
	c.t.Helper()
	c.present(person, c.upload(kind, file))
}

// upload brings a file that is accepted, and returns its key.
func (c *caller) upload(kind string, file []byte) string {
	c.t.Helper()
	key := keyOf(c.want("create", c.declare("me", kind, int64(len(file))), http.StatusCreated))
	c.want("upload", c.bring(key, kind, file), http.StatusOK)
	return key
}

// bring sends all of a file.
func (c *caller) bring(key, kind string, file []byte) answer {
	c.t.Helper()
	h := ranged(0, len(file), len(file))
	h.Set("Content-Type", kind)
	return c.ask(http.MethodPatch, entry(key), h, file)
}

// present makes an upload somebody's photo.
func (c *caller) present(person, key string) {
	c.t.Helper()
	at := attachments + "/" + key + "/association/" + string(servertest.Person(person)) + "?type=ProfilePhoto"
	c.want("associate", c.ask(http.MethodPost, at, nil, nil), http.StatusOK)
}

// photoOf waits until somebody's newest photo is no longer pending.
func (c *caller) photoOf(person string) (d told) {
	c.t.Helper()
	at := "/v1/communities/1/users/" + string(servertest.Person(person)) + "/photo"
	for until := time.Now().Add(within(60 * time.Second)); ; time.Sleep(20 * time.Millisecond) {
		got := c.want("describe", c.ask(http.MethodGet, at, http.Header{"Accept": {"application/json"}}, nil), http.StatusOK)
		d = told{}
		if err := json.Unmarshal(got.body, &d); err != nil {
			c.t.Fatal(err)
		}
		if d.State != "pending" {
			return d
		}
		if time.Now().After(until) {
			c.t.Fatalf("the photo of %s is pending", person)
		}
	}
}

// show is offer and photoOf of a picture that is accepted.
func (c *caller) show(person, kind string, file []byte) told {
	c.t.Helper()
	c.offer(person, kind, file)
	d := c.photoOf(person)
	if d.State != "ready" {
		c.t.Fatalf("the photo of %s is %s: %s", person, d.State, d.Reason)
	}
	return d
}

// addresses are all at which a photo is served.
func (d told) addresses() []string {
	all := []string{"/v1/communities/1/photos/" + d.Version + "/full"}
	for _, at := range d.URLs {
		all = append(all, at)
	}
	return all
}

// served are the answers of all addresses, for those who know WebP and for those who do not, by address.
func (c *caller) served(d told) map[string]answer {
	c.t.Helper()
	all := map[string]answer{}
	for _, at := range d.addresses() {
		for _, accept := range []string{"image/webp,*/*", "image/jpeg,image/png"} {
			h := http.Header{"Accept": {accept}}
			all[at+" as "+accept] = c.want(at, c.ask(http.MethodGet, at, h, nil), http.StatusOK)
		}
	}
	return all
}

// made are the bytes of all that was made of a photo, by shape, pixels and type.
func (g *gallery) made(d told) map[string][]byte {
	g.t.Helper()
	photos := g.at.Node().Photos
	p, err := photos.Version(g.t.Context(), 1, association.Version(d.Version))
	if err != nil {
		g.t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, r := range p.Renditions {
		name := fmt.Sprintf("%d-%d.%s", r.Shape, r.Pixels, path.Base(r.Type))
		if all[name], err = photos.ReadRendition(g.t.Context(), r); err != nil {
			g.t.Fatal(err)
		}
	}
	return all
}

// corners are the colours of a picture's quarters, from the upper left one in the order of reading.
var corners = [4]color.RGBA{{220, 30, 30, 255}, {30, 180, 30, 255}, {30, 30, 220, 255}, {230, 230, 40, 255}}

// cornered is a JPEG with an EXIF orientation that shows, upright, four quarters in the colours of corners.
func cornered(t *testing.T, w, h, orientation int) []byte {
	t.Helper()
	stored := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation > 4 {
		stored = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			at := turned(x, y, w, h, orientation)
			stored.Set(at.X, at.Y, corners[2*(2*y/h)+2*x/w])
		}
	}
	return withEXIF(jpegOf(t, stored), exifOf(orientation))
}

// turned is where a file with an orientation has the pixel that is at x, y in the upright picture of w × h.
func turned(x, y, w, h, orientation int) image.Point {
	return [...]image.Point{
		{x, y},
		{w - 1 - x, y},
		{w - 1 - x, h - 1 - y},
		{x, h - 1 - y},
		{y, x},
		{y, w - 1 - x},
		{h - 1 - y, w - 1 - x},
		{h - 1 - y, x},
	}[orientation-1]
}

// exifOf is EXIF that holds an orientation and a maker's note.
func exifOf(orientation int) []byte {
	const note = "SECRET-MAKER-NOTE"
	le := binary.LittleEndian
	entry := func(tag, kind uint16, count, value uint32) []byte {
		return le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(nil, tag), kind), count), value)
	}
	return bytes.Join([][]byte{
		[]byte("II*\x00\x08\x00\x00\x00\x02\x00"), entry(0x0112, 3, 1, uint32(orientation)), entry(0x8769, 4, 1, 38),
		{0, 0, 0, 0},
		{1, 0},
		entry(0x927C, 7, uint32(len(note)), 56),
		{0, 0, 0, 0},
		[]byte(note),
	}, nil)
}

// withEXIF puts EXIF into a JPEG.
func withEXIF(file, exif []byte) []byte { return withSegment(file, 0xE1, "Exif\x00\x00"+string(exif)) }

// withSegment puts a segment behind a JPEG's first marker.
func withSegment(file []byte, marker byte, body string) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2))
	return bytes.Join([][]byte{file[:2], head, []byte(body), file[2:]}, nil)
}

func jpegOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wantUpright wants a picture to show the corners where they belong.
func wantUpright(t *testing.T, what string, img image.Image) {
	t.Helper()
	size := img.Bounds().Size()
	for n, want := range corners {
		at := img.Bounds().Min.Add(image.Pt(size.X*(1+2*(n%2))/4, size.Y*(1+2*(n/2))/4))
		if got := img.At(at.X, at.Y); !similar(got, want) {
			t.Errorf("%s: got %v at %v of %v, want %v", what, got, at, size, want)
		}
	}
}

// similar allows for what JPEG and WebP do to a colour.
func similar(a, b color.Color) bool {
	r, g, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	near := func(a, b uint32) bool { return max(a, b)-min(a, b) < 24<<8 }
	return near(r, r2) && near(g, g2) && near(b1, b2)
}

// decoded reads a picture.
func decoded(t *testing.T, what string, file []byte) image.Image {
	t.Helper()
	read := func(r io.Reader) (image.Image, error) {
		img, _, err := image.Decode(r)
		return img, err
	}
	if bytes.HasPrefix(file, []byte("RIFF")) {
		read = webp.Decode // by whatever reader of WebP the program has, else
	}
	img, err := read(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s cannot be read: %v", what, err)
	}
	if planes, ok := img.(*image.YCbCr); ok && bytes.HasPrefix(file, []byte("RIFF")) {
		// WebP's light goes from 16 to 235 and its colours from 16 to 240; the decoder leaves them so.
		stretch(planes.Y, 16, 219)
		stretch(planes.Cb, 128, 224)
		stretch(planes.Cr, 128, 224)
	}
	return img
}

// stretch takes a plane from a narrow range of values to the whole, around the value that both have at zero.
func stretch(plane []byte, zero, width int) {
	at := zero
	if zero == 16 {
		at = 0
	}
	for i, v := range plane {
		plane[i] = byte(min(max((int(v)-zero)*255/width+at, 0), 255))
	}
}
