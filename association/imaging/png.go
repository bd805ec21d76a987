package imaging

import "encoding/binary"

const (
	pngSignature = 8
	pngFrame     = 12 // a chunk's length, type and checksum
	pngIHDR      = 13 // the body of the first chunk
)

// readPNG walks through the chunks up to IEND.
func (h *Header) readPNG(w *walker, l Limits) error {
	if err := w.skip(pngSignature); err != nil {
		return err
	}
	for first := true; ; first = false {
		b, err := w.peek(pngFrame)
		if err != nil {
			return err
		}
		n, kind := int64(binary.BigEndian.Uint32(b)), string(b[4:8])
		if first != (kind == "IHDR") || first && n != pngIHDR {
			return NotAnImage.Fault()
		}
		if kind == "IEND" {
			return w.skip(n + pngFrame)
		}
		end := w.at + n + pngFrame
		if err := h.readChunk(w, kind, n, l); err != nil {
			return err
		}
		if err := w.skip(end - w.at); err != nil {
			return err
		}
	}
}

// readChunk reads what is needed to show the picture. It counts text, and the frame of every chunk that is no
// pixels: that is work even if it is empty. What is in chunks of other kinds is passed over.
func (h *Header) readChunk(w *walker, kind string, n int64, l Limits) error {
	const framing = 8 // before a chunk's body
	switch kind {
	case "IHDR":
		b, err := w.peek(framing + pngIHDR)
		if err == nil && !h.readIHDR(b[framing:]) {
			err = NotAnImage.Fault()
		}
		return err
	case "iCCP":
		if h.profile != nil { // a second one is wrong, and inflating is work
			break
		}
		if err := w.skip(framing); err != nil {
			return err
		}
		b, err := w.read(int(min(n, int64(l.Profile)+walkerWindow))) // deflated is hardly ever longer
		if h.profile = inflated(b, l.Profile); h.profile == nil {
			h.profile = []byte{}
		}
		return err
	case "eXIf": // its directory lies in front, or is not found
		b, err := w.peek(int(min(framing+n, walkerWindow)))
		if err != nil {
			return err
		}
		h.Orientation = tiffOrientation(b[framing:])
		h.metadata += int(n)
		return nil
	case "tEXt", "zTXt", "iTXt":
		h.metadata += int(n)
	case "IDAT":
		if n > 0 {
			return nil
		}
	}
	h.metadata += pngFrame
	return nil
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
