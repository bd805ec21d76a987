package imaging

import "encoding/binary"

const (
	pngSignature = 8
	pngFrame     = 12 // a chunk's length, type and checksum
)

// readPNG walks through the chunks up to IEND.
func (h *header) readPNG(b []byte) error {
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
		switch kind {
		case "IHDR":
			w, height := binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
			if !first || w == 0 || height == 0 || w > 1<<31-1 || height > 1<<31-1 {
				return NotAnImage.Fault()
			}
			h.width, h.height = int(w), int(height)
			h.pixelBytes = pngPixelBytes(b[16], b[17], b[20])
		case "IEND":
			return nil
		}
		b = b[n+pngFrame:]
	}
}
