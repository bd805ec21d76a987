package imaging

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"runtime"
	"strings"

	"github.com/gen2brain/jpegn"
)

// jpegDecoder turns a judged JPEG into the raster that is stored: gray, ycbcr or rgb.
type jpegDecoder interface {
	// decode returns planes of the whole picture. Where w allows it they may be coarser than the picture, as
	// their steps tell, and what lies outside of w may be anything. A file whose scan does not hold the whole
	// picture is an error.
	decode(file []byte, h Header, w window) (raster, error)
}

// window says what of a picture is needed.
type window struct {
	part image.Rectangle // in stored pixels
	step int             // a power of two: a sample of luma may be the mean of step × step pixels
}

// decodeJPEG decodes by the fast decoder what it can, and leaves the rest to the standard library's, which
// also has the last word on what the fast one does not like.
func decodeJPEG(file []byte, h Header, w window) (raster, error) {
	var fast, standard jpegDecoder = fastJPEG{}, standardJPEG{}
	if h.jpeg.ordinary() {
		if r, err := fast.decode(file, h, w); err == nil {
			return r, nil
		}
		runtime.GC() // the picture's budget has room for one decoder: what the first one held goes before the next
	}
	return standard.decode(file, h, w)
}

// ordinary says that the fast decoder gives the same picture as the standard library's: one baseline scan
// or a progressive picture, gray or YCbCr, the colours as fine as the luma or coarser.
func (f jpegFrame) ordinary() bool {
	if f.rgb() || f.sof != markerSOF2 && (f.sof != markerSOF0 || f.scans != 1) {
		return false
	}
	c := f.components
	return len(c) == 3 || len(c) == 9 && c[4] == 0x11 && c[7] == 0x11
}

// standardJPEG is the standard library's decoder: it takes twice as long, and is strict.
type standardJPEG struct{}

func (standardJPEG) decode(file []byte, _ Header, _ window) (raster, error) {
	m, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		return raster{}, err
	}
	if r, ok := planesOf(m); ok {
		return r, nil
	}
	rgba, ok := m.(*image.RGBA)
	if !ok {
		return raster{}, jpeg.UnsupportedError("colour model")
	}
	return planesOfRGB(rgba), nil
}

// planesOfRGB takes an opaque picture apart.
func planesOfRGB(m *image.RGBA) raster {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	r := raster{model: rgb, planes: []plane{newPlane(w, h), newPlane(w, h), newPlane(w, h)}}
	for i, p := range r.planes {
		for y := range h {
			from := m.Pix[y*m.Stride+i:]
			for x, row := 0, p.row(y); x < w; x++ {
				row[x] = from[pixelBytes*x]
			}
		}
	}
	return r
}

// fastJPEG is github.com/gen2brain/jpegn, which forgives too much: where a scan ends early it makes up the
// rest. So the end of the image is not shown to it: behind the scan it finds bits that are no code in any
// table, stops there if the scan was too short, and leaves the last block empty. (The scans of a
// progressive picture each cover all of it: one that is short costs sharpness, no more.)
type fastJPEG struct{}

var errShort = errors.New("the scan is too short")

func (fastJPEG) decode(file []byte, h Header, _ window) (raster, error) {
	tail := "\xFF\xD9"
	if !h.Progressive {
		tail = noCode
	}
	m, err := jpegn.Decode(followed(file[:h.jpeg.end], tail))
	if err != nil {
		return raster{}, err
	}
	r, ok := planesOf(m)
	if !ok || r.planes[0].w != h.width || r.planes[0].h != h.height {
		return raster{}, errors.New("it is no picture in planes")
	}
	if !h.Progressive && r.lastBlockIsEmpty() {
		return raster{}, errShort
	}
	return r, nil
}

// noCode is a run of ones, which T.81 keeps out of every table, and then the end of the image.
const noCode = "\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00" +
	"\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\xD9"

// sized is a reader that can say how much there is, so that room is made for it once.
type sized struct {
	io.Reader
	n int
}

func (s sized) Len() int { return s.n }

func followed(file []byte, tail string) io.Reader {
	return sized{io.MultiReader(bytes.NewReader(file), strings.NewReader(tail)), len(file) + len(tail)}
}

// lastBlockIsEmpty says that the decoder never came to the end: all samples of the last block are zero, which
// are no colour.
func (r raster) lastBlockIsEmpty() bool {
	for _, p := range r.planes {
		end := len(p.pix) / p.stride * p.stride
		for y := 1; y <= 8; y++ {
			last := p.pix[end-(y-1)*p.stride-8:][:8]
			if !bytes.Equal(last, make([]byte, 8)) {
				return false
			}
		}
	}
	return true
}
