package imaging

import (
	"bytes"
	"encoding/binary"
)

// Markers of ITU-T T.81, annex B.
const (
	markerTEM  = 0x01
	markerSOF0 = 0xC0 // baseline; SOF1 is extended, SOF2 progressive
	markerSOF2 = 0xC2
	markerDHT  = 0xC4
	markerJPG  = 0xC8
	markerDAC  = 0xCC
	markerSOFF = 0xCF
	markerRST0 = 0xD0
	markerRST7 = 0xD7
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
	markerAPP0 = 0xE0
	markerAPP1 = 0xE1
	markerAPP2 = 0xE2
	markerAPPE = 0xEE // Adobe's
	markerAPPF = 0xEF
	markerCOM  = 0xFE
)

// jpegFraming is how many bytes a segment has besides its body: the marker and the length.
const jpegFraming = 4

// jpegFrame is what the frame of a JPEG says of itself.
type jpegFrame struct {
	sof        byte   // the marker
	components []byte // three bytes each: name, sampling, table
	scans      int
	adobeRGB   bool // Adobe says that colours were not transformed
	end        int  // where the end of the image is
}

func (f jpegFrame) channels() int { return len(f.components) / 3 }

// rgb says that colours may be R, G and B: by what Adobe says or by their names.
func (f jpegFrame) rgb() bool {
	c := f.components
	return f.adobeRGB || len(c) == 9 && c[0] == 'R' && c[3] == 'G' && c[6] == 'B'
}

// readJPEG walks from marker to marker up to the end of the image. A file without that end is Truncated: a
// decoder would fill the rest with grey and call it a picture. What follows the end is nobody's business;
// phones put films there.
func (h *Header) readJPEG(w *walker, l Limits) error {
	var profile iccParts
	for {
		marker, body, err := nextSegment(w)
		if err != nil {
			return err
		}
		switch {
		case marker == markerEOI:
			if h.width == 0 || h.jpeg.scans == 0 {
				return NotAnImage.Fault()
			}
			h.jpeg.end = int(w.at) - 2
			h.profile = profile.joined()
			return nil
		case marker == markerSOS:
			h.jpeg.scans++
		case marker == markerAPP2 && profile.add(body):
			if profile.size > l.Profile {
				return TooMuchMetadata.Fault()
			}
		case marker >= markerAPP0 && marker <= markerAPPF, marker == markerCOM:
			h.readMetadata(marker, body)
		case marker >= markerSOF0 && marker <= markerSOFF &&
			marker != markerDHT && marker != markerJPG && marker != markerDAC:
			if err := h.readFrame(marker, body); err != nil {
				return err
			}
		}
	}
}

// readMetadata reads what is needed to show the picture. The rest is skipped, here and by the decoders, and
// counts as the step over it: phones put a second picture or a map of depths there, which are megabytes.
func (h *Header) readMetadata(marker byte, body []byte) {
	h.metadata += jpegFraming
	switch {
	case marker == markerAPP1 && bytes.HasPrefix(body, []byte(exifPrefix)):
		h.metadata += len(body)
		if h.Orientation == 1 {
			h.Orientation = orientation(body)
		}
	case marker == markerAPPE:
		h.jpeg.adobeRGB = h.jpeg.adobeRGB ||
			len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")) && body[11] == 0
	}
}

// nextSegment goes past the next marker that is neither fill, escaped data nor a restart, and past the
// segment, whose body it returns: good until more is read. It skips entropy-coded data, in which every other
// 0xFF is escaped.
func nextSegment(w *walker) (marker byte, body []byte, err error) {
	for {
		if err := pastData(w); err != nil {
			return 0, nil, err
		}
		b, err := w.read(1)
		if err != nil {
			return 0, nil, err
		}
		m := b[0]
		switch {
		case m == markerTEM, m == markerSOI, m >= markerRST0 && m <= markerRST7:
			continue
		case m == markerEOI:
			return m, nil, nil
		}
		if b, err = w.peek(2); err != nil {
			return 0, nil, err
		}
		n := int(binary.BigEndian.Uint16(b))
		if n < 2 {
			return 0, nil, NotAnImage.Fault()
		}
		if b, err = w.peek(n); err != nil {
			return 0, nil, err
		}
		return m, b[2:], w.skip(int64(n)) // which is in the window already
	}
}

// pastData goes past the next 0xFF that is not escaped, the last one where there are several.
func pastData(w *walker) error {
	for {
		b, err := w.window(2)
		if err != nil {
			return err
		}
		n, found := dataIn(b)
		if err := w.skip(int64(n)); err != nil || found {
			return err
		}
	}
}

// dataIn is how many bytes there are up to and with the next 0xFF that is not escaped, if there is one; else
// how many can be passed over. Searching is fast only where there is something to skip, and a file may be
// nothing but escapes.
func dataIn(b []byte) (n int, found bool) {
	i := 0
	for i+1 < len(b) {
		switch {
		case b[i] != 0xFF:
			next := bytes.IndexByte(b[i:], 0xFF)
			if next < 0 {
				return len(b), false
			}
			i += next
		case b[i+1] == 0: // escaped
			i += 2
		case b[i+1] == 0xFF: // fill
			i++
		default:
			return i + 1, true
		}
	}
	return i, false
}

// readFrame reads a frame header: precision, height, width, number of components.
func (h *Header) readFrame(marker byte, body []byte) error {
	switch {
	case marker > markerSOF2: // lossless, hierarchical or arithmetic
		return UnsupportedCoding.Fault()
	case len(body) < 6 || h.width != 0: // a second frame would be one that nobody has judged
		return NotAnImage.Fault()
	case body[0] != 8:
		return UnsupportedColour.Fault()
	case body[5] == 4: // CMYK: without the printer's profile its colours would only be guessed at
		return UnsupportedColour.Fault()
	case body[5] != 1 && body[5] != 3, len(body) != 6+3*int(body[5]):
		return NotAnImage.Fault()
	}
	h.height = int(binary.BigEndian.Uint16(body[1:]))
	h.width = int(binary.BigEndian.Uint16(body[3:]))
	if h.width == 0 || h.height == 0 {
		return NotAnImage.Fault()
	}
	h.Progressive = marker == markerSOF2
	h.jpeg.sof, h.jpeg.components = marker, bytes.Clone(body[6:])
	h.pixelBytes = jpegPixelBytes(h.jpeg.components, h.Progressive)
	return nil
}
