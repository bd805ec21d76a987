package imaging_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"golang.org/x/image/webp"

	"cameo/association/imaging"
	"cameo/storage/fault"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// renderer has the default limits and room for every picture that passes them.
func renderer() imaging.Renderer {
	return imaging.Renderer{Limits: imaging.DefaultLimits(), Memory: imaging.NewMemory(2 << 30)}
}

// rendered is one rendition, and what was learned of its source.
type rendered struct {
	imaging.Rendition
	SourceType                string
	SourceWidth, SourceHeight int
}

// square is the centre square of a file.
func square(b []byte, size int) (rendered, error) {
	p, err := renderer().Render(context.Background(), b, justSquare(size))
	if err != nil {
		return rendered{}, err
	}
	return rendered{p.Renditions[0], p.Header.Type, p.Header.Width, p.Header.Height}, nil
}

func justSquare(size int) imaging.Request {
	return imaging.Request{Specs: []imaging.Spec{{Pixels: size}}}
}

func wantReason(t *testing.T, err error, want imaging.Reason) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted, want %s", want)
	}
	if got := imaging.Reason(fault.Public(err).Reason); got != want {
		t.Fatalf("refused for %q (%v), want %s", got, err, want)
	}
}

// patches is a picture in which every quarter has a colour of its own, and no turn of it looks like another.
func patches(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	colours := []color.RGBA{{220, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 220, 255}, {230, 230, 40, 255}}
	for y := range h {
		for x := range w {
			i := 0
			if x >= w/2 {
				i++
			}
			if y >= h/2 {
				i += 2
			}
			m.SetRGBA(x, y, colours[i])
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}))
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, m))
	return b.Bytes()
}

func gifOf(t testing.TB, frames int, bounds image.Rectangle, screen image.Point) []byte {
	t.Helper()
	palette := color.Palette{color.RGBA{200, 0, 0, 255}, color.RGBA{0, 0, 200, 255}}
	g := &gif.GIF{Config: image.Config{ColorModel: palette, Width: screen.X, Height: screen.Y}}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(bounds, palette))
		g.Delay = append(g.Delay, 1)
	}
	var b bytes.Buffer
	must(t, gif.EncodeAll(&b, g))
	return b.Bytes()
}

// segment is a JPEG segment.
func segment(marker byte, body []byte) []byte {
	s := binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2))
	return append(s, body...)
}

// withSegment puts a segment behind a JPEG's first marker.
func withSegment(file []byte, marker byte, body []byte) []byte {
	return bytes.Join([][]byte{file[:2], segment(marker, body), file[2:]}, nil)
}

// exif is the body of an APP1 segment with an orientation, in either byte order, and a secret.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("Exif\x00\x00II*\x00")
	if order.String() == binary.BigEndian.String() {
		b = []byte("Exif\x00\x00MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2) // entries
	b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x010F), 2), 4), 0)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x0112), 3), 1)
	b = order.AppendUint16(order.AppendUint16(b, orientation), 0)
	return append(order.AppendUint32(b, 0), "SECRET-POSITION"...)
}

// scanned repeats a JPEG's one scan.
func scanned(file []byte, times int) []byte {
	at := bytes.Index(file, []byte{0xFF, 0xDA})
	scan := file[at : len(file)-2]
	return append(append(file[:at:at], bytes.Repeat(scan, times)...), 0xFF, 0xD9)
}

// patched writes into a JPEG's frame header: precision, height, width, components.
func patched(file []byte, change func(frame []byte)) []byte {
	b := bytes.Clone(file)
	change(b[bytes.Index(b, []byte{0xFF, 0xC0})+4:])
	return b
}

// pngOfSize is a PNG that announces a size and holds next to nothing.
func pngOfSize(w, h uint32) []byte {
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return bytes.Join([][]byte{
		[]byte("\x89PNG\r\n\x1A\n"), pngChunk("IHDR", append(body, 8, 0, 0, 0, 0)), pngChunk("IDAT", nil), pngChunk("IEND", nil),
	}, nil)
}

func pngChunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// webpOf is a lossless WebP of one colour: each of its five codes has one symbol, so no pixel takes a bit.
func webpOf(w, h int, c color.NRGBA) []byte { return riff(riffChunk("VP8L", vp8l(w, h, c))) }

func vp8l(w, h int, c color.NRGBA) []byte {
	var bits uint64
	var n int
	out := []byte{0x2F}
	put := func(value uint64, count int) {
		bits |= value << n
		for n += count; n >= 8; n -= 8 {
			out = append(out, byte(bits))
			bits >>= 8
		}
	}
	put(uint64(w-1), 14)
	put(uint64(h-1), 14)
	put(1, 1) // alpha is used
	put(0, 3) // version
	put(0, 3) // no transform, no colour cache, no meta codes
	for _, symbol := range []uint8{c.G, c.R, c.B, c.A, 0} {
		put(0b101, 3) // a simple code of one symbol of eight bits
		put(uint64(symbol), 8)
	}
	put(0, 8)
	return out
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func riffChunk(name string, body []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// decoded reads back what was rendered.
func decoded(t *testing.T, r rendered) image.Image {
	t.Helper()
	m := decodedAs(t, r.Type, r.Bytes)
	if m.Bounds().Dx() != r.Width || m.Bounds().Dy() != r.Height {
		t.Fatalf("it is %v, and said to be %d×%d", m.Bounds(), r.Width, r.Height)
	}
	return m
}

// decodedAs decodes by the standard library. image.Decode would not: the decoder of JPEG that the package
// under test imports has registered itself there.
func decodedAs(t testing.TB, mediaType string, b []byte) image.Image {
	t.Helper()
	decoders := map[string]func(io.Reader) (image.Image, error){
		imaging.JPEG: jpeg.Decode, imaging.PNG: png.Decode, imaging.GIF: gif.Decode, imaging.WebP: webp.Decode,
	}
	m, err := decoders[mediaType](bytes.NewReader(b))
	must(t, err)
	return m
}

// distance is the largest difference of a channel between two pictures, 0 to 255.
func distance(a, b image.Image) int {
	most := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
				most = max(most, d>>8, -d>>8)
			}
		}
	}
	return most
}
