package imaging

import "encoding/binary"

const (
	gifHeader     = 13 // signature and screen descriptor
	gifDescriptor = 9  // of a frame, after its introducer
)

// readGIF walks through the blocks up to the trailer and counts the frames.
func (h *Header) readGIF(w *walker) error {
	b, err := w.peek(gifHeader)
	if err != nil {
		return err
	}
	h.width = int(binary.LittleEndian.Uint16(b[6:]))
	h.height = int(binary.LittleEndian.Uint16(b[8:]))
	h.Frames, h.pixelBytes = 0, gifPixelBytes
	err = w.skip(gifHeader + colourTable(b[10]))
	for err == nil {
		if b, err = w.peek(1); err != nil {
			return err
		}
		switch before := w.at; b[0] {
		case 0x3B: // the trailer
			if h.Frames == 0 {
				return NotAnImage.Fault()
			}
			return nil
		case 0x21: // extension: a label, then data
			err = pastBlocks(w, 2)
			h.metadata += int(w.at - before)
		case 0x2C: // frame: descriptor, colours, the code size, then data
			h.Frames++
			if b, err = w.peek(1 + gifDescriptor); err == nil {
				err = pastBlocks(w, 1+gifDescriptor+colourTable(b[gifDescriptor])+1)
			}
		default:
			return NotAnImage.Fault()
		}
	}
	return err
}

// colourTable is the length of the table that the flags announce, in bytes.
func colourTable(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// pastBlocks goes past so many bytes, and then past data in blocks of up to 255 bytes, up to and with the
// empty one.
func pastBlocks(w *walker, n int64) error {
	for {
		if err := w.skip(n); err != nil {
			return err
		}
		b, err := w.read(1)
		if err != nil || b[0] == 0 {
			return err
		}
		n = int64(b[0])
	}
}
