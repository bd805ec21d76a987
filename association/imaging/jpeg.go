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
func (h *Header) readJPEG(file []byte, l Limits) error {
	var profile iccParts
	b := file
	for {
		marker, body, rest, err := nextSegment(b)
		if err != nil {
			return err
		}
		b = rest
		switch {
		case marker == markerEOI:
			if h.width == 0 || h.jpeg.scans == 0 {
				return NotAnImage.Fault()
			}
			h.jpeg.end = len(file) - len(rest) - 2
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

// nextSegment finds the next marker that is neither fill, escaped data nor a restart, and returns the
// segment's body and what follows. It skips entropy-coded data, in which every other 0xFF is escaped.
func nextSegment(b []byte) (marker byte, body, rest []byte, err error) {
	for {
		b = pastData(b)
		if len(b) == 0 {
			return 0, nil, nil, Truncated.Fault()
		}
		m := b[0]
		b = b[1:]
		switch {
		case m == markerTEM, m == markerSOI, m >= markerRST0 && m <= markerRST7:
			continue
		case m == markerEOI:
			return m, nil, b, nil
		case len(b) < 2:
			return 0, nil, nil, Truncated.Fault()
		}
		n := int(binary.BigEndian.Uint16(b))
		switch {
		case n < 2:
			return 0, nil, nil, NotAnImage.Fault()
		case n > len(b):
			return 0, nil, nil, Truncated.Fault()
		}
		return m, b[2:n], b[n:], nil
	}
}

// pastData returns what follows the next 0xFF that is not escaped, the last one where there are several.
// Searching is fast only where there is something to skip, and a file may be nothing but escapes.
func pastData(b []byte) []byte {
	for i := 0; i+1 < len(b); {
		switch {
		case b[i] != 0xFF:
			next := bytes.IndexByte(b[i:], 0xFF)
			if next < 0 {
				return nil
			}
			i += next
		case b[i+1] == 0: // escaped
			i += 2
		case b[i+1] == 0xFF: // fill
			i++
		default:
			return b[i+1:]
		}
	}
	return nil
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
	h.jpeg.sof, h.jpeg.components = marker, body[6:]
	h.pixelBytes = jpegPixelBytes(h.jpeg.components, h.Progressive)
	return nil
}
