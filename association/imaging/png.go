package imaging

import "encoding/binary"

const (
	pngSignature = 8
	pngFrame     = 12 // a chunk's length, type and checksum
)

// readPNG walks through the chunks up to IEND.
func (h *Header) readPNG(b []byte, l Limits) error {
	b = b[pngSignature:]
	for first := true; ; first = false {
		if len(b) < pngFrame {
			return Truncated.Fault()
		}
		n, kind := uint64(binary.BigEndian.Uint32(b)), string(b[4:8])
		if first && (kind != "IHDR" || n != 13) {
			return NotAnImage.Fault()
		}
		if n+pngFrame > uint64(len(b)) {
			return Truncated.Fault()
		}
		body := b[8:][:n]
		switch kind {
		case "IHDR":
			if !first || !h.readIHDR(body) {
				return NotAnImage.Fault()
			}
		case "IEND":
			return nil
		case "iCCP":
			h.profile = inflated(body, l.Profile)
		case "eXIf":
			h.Orientation = tiffOrientation(body)
			h.metadata += len(body)
		default:
			h.readChunk(kind, len(body))
		}
		b = b[n+pngFrame:]
	}
}

// readIHDR reads the size, depth, colour type and interlacing.
func (h *Header) readIHDR(b []byte) bool {
	w, height := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || height == 0 || w > 1<<31-1 || height > 1<<31-1 {
		return false
	}
	h.width, h.height = int(w), int(height)
	h.pixelBytes = pngPixelBytes(b[8], b[9], b[12])
	return true
}

// readChunk counts text, and the frame of every chunk that is no pixels: it is work even if it is empty. What
// is in chunks of other kinds is passed over.
func (h *Header) readChunk(kind string, n int) {
	switch kind {
	case "IDAT":
		if n > 0 {
			return
		}
	case "tEXt", "zTXt", "iTXt":
		h.metadata += n
	}
	h.metadata += pngFrame
}
