package imaging

import "encoding/binary"

const (
	gifHeader     = 13 // signature and screen descriptor
	gifDescriptor = 9  // of a frame, after its introducer
)

// readGIF walks through the blocks up to the trailer and counts the frames.
func (h *Header) readGIF(b []byte) error {
	if len(b) < gifHeader {
		return Truncated.Fault()
	}
	h.width = int(binary.LittleEndian.Uint16(b[6:]))
	h.height = int(binary.LittleEndian.Uint16(b[8:]))
	h.Frames, h.pixelBytes = 0, gifPixelBytes
	b, ok := past(b, gifHeader+colourTable(b[10]))
	for ok && len(b) > 0 && b[0] != 0x3B { // the trailer
		switch b[0] {
		case 0x21: // extension: a label, then data
			before := len(b)
			if b, ok = past(b, 2); ok {
				b, ok = pastBlocks(b)
			}
			h.metadata += before - len(b)
		case 0x2C: // frame: descriptor, colours, the code size, then data
			h.Frames++
			if len(b) <= gifDescriptor {
				return Truncated.Fault()
			}
			if b, ok = past(b, 1+gifDescriptor+colourTable(b[gifDescriptor])+1); ok {
				b, ok = pastBlocks(b)
			}
		default:
			return NotAnImage.Fault()
		}
	}
	if !ok || len(b) == 0 {
		return Truncated.Fault()
	}
	if h.Frames == 0 {
		return NotAnImage.Fault()
	}
	return nil
}

// colourTable is the length of the table that the flags announce, in bytes.
func colourTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

func past(b []byte, n int) ([]byte, bool) {
	if len(b) < n {
		return nil, false
	}
	return b[n:], true
}

// pastBlocks skips data in blocks of up to 255 bytes, up to and with the empty one.
func pastBlocks(b []byte) ([]byte, bool) {
	for len(b) > 0 {
		n := int(b[0])
		rest, ok := past(b, 1+n)
		if !ok || n == 0 {
			return rest, ok
		}
		b = rest
	}
	return nil, false
}
