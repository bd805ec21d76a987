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
	markerAPP1 = 0xE1
	markerAPPE = 0xEE // Adobe's
)

// readJPEG walks from marker to marker up to the end of the image. A file without that end is Truncated: a
// decoder would fill the rest with grey and call it a picture. What follows the end is nobody's business;
// phones put films there.
func (h *header) readJPEG(b []byte) error {
	for {
		marker, body, rest, err := nextSegment(b)
		if err != nil {
			return err
		}
		b = rest
		switch {
		case marker == markerEOI:
			if h.width == 0 || h.scans == 0 {
				return NotAnImage.Fault()
			}
			return nil
		case marker == markerSOS:
			h.scans++
		case marker == markerAPP1 && h.orientation == 1:
			h.orientation = orientation(body)
		case marker == markerAPPE:
			h.rgb = h.rgb || isAdobeRGB(body)
		case marker >= markerSOF0 && marker <= markerSOFF &&
			marker != markerDHT && marker != markerJPG && marker != markerDAC:
			if err := h.readFrame(marker, body); err != nil {
				return err
			}
		}
	}
}

// nextSegment finds the next marker that is neither fill, escaped data nor a restart, and returns the
// segment's body and what follows. It skips entropy-coded data, in which every other 0xFF is escaped.
func nextSegment(b []byte) (marker byte, body, rest []byte, err error) {
	for {
		i := bytes.IndexByte(b, 0xFF)
		if i < 0 || i+1 >= len(b) {
			return 0, nil, nil, Truncated.Fault()
		}
		b = b[i+1:]
		switch m := b[0]; {
		case m == 0xFF:
			continue // fill: the next byte may be the marker
		case m == 0, m == markerTEM, m == markerSOI, m >= markerRST0 && m <= markerRST7:
			b = b[1:]
			continue
		case m == markerEOI:
			return m, nil, nil, nil
		default:
			b = b[1:]
			if len(b) < 2 {
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
}

// readFrame reads a frame header: precision, height, width, number of components.
func (h *header) readFrame(marker byte, body []byte) error {
	switch {
	case marker > markerSOF2: // lossless, hierarchical or arithmetic
		return UnsupportedCoding.Fault()
	case len(body) < 6 || h.width != 0: // a second frame would be one that nobody has judged
		return NotAnImage.Fault()
	case body[0] != 8:
		return UnsupportedColour.Fault()
	case body[5] == 4: // CMYK: without the printer's profile its colours would only be guessed at
		return UnsupportedColour.Fault()
	case body[5] != 1 && body[5] != 3:
		return NotAnImage.Fault()
	}
	h.height = int(binary.BigEndian.Uint16(body[1:]))
	h.width = int(binary.BigEndian.Uint16(body[3:]))
	if h.width == 0 || h.height == 0 {
		return NotAnImage.Fault()
	}
	components := body[6:]
	h.rgb = h.rgb || len(components) == 9 && components[0] == 'R' && components[3] == 'G' && components[6] == 'B'
	h.pixelBytes = jpegPixelBytes(components, marker == markerSOF2)
	return nil
}

// isAdobeRGB says whether Adobe's segment declares that colours were not transformed.
func isAdobeRGB(app14 []byte) bool {
	return len(app14) >= 12 && bytes.HasPrefix(app14, []byte("Adobe")) && app14[11] == 0
}
