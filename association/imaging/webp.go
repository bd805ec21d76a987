package imaging

import (
	"bytes"
	"encoding/binary"
	"image"
)

const riffHeader = 8 // a chunk's name and length

// readWebP walks through the chunks. The canvas and the one picture on it must have the same size: the
// decoder would make room for both.
func (h *Header) readWebP(b []byte) error {
	size := uint64(binary.LittleEndian.Uint32(b[4:]))
	if size+riffHeader > uint64(len(b)) {
		return Truncated.Fault()
	}
	if size < 4 {
		return NotAnImage.Fault()
	}
	b = b[12 : size+riffHeader]
	var canvas image.Point
	for len(b) >= riffHeader {
		n := uint64(binary.LittleEndian.Uint32(b[4:]))
		if n+riffHeader > uint64(len(b)) {
			return Truncated.Fault()
		}
		body := b[riffHeader : riffHeader+n]
		ok := true
		switch kind := string(b[:4]); kind {
		case "ANIM", "ANMF":
			return TooManyFrames.Fault()
		case "VP8X":
			if ok = len(body) >= 10 && canvas.X == 0; ok {
				canvas = image.Pt(1+uint24(body[4:]), 1+uint24(body[7:]))
			}
		case "ALPH":
			h.pixelBytes += alphaPixelBytes
		case "VP8 ":
			ok = h.width == 0 && h.readVP8(body)
		case "VP8L":
			ok = h.width == 0 && h.readVP8L(body)
		default:
			h.readWebPMetadata(kind, body)
		}
		if !ok {
			return NotAnImage.Fault()
		}
		b = b[min(riffHeader+n+n%2, uint64(len(b))):]
	}
	if h.width == 0 || canvas.X != 0 && canvas != image.Pt(h.width, h.height) {
		return NotAnImage.Fault()
	}
	return nil
}

// readWebPMetadata reads what is beside the pixels. A chunk is work even if nobody knows it.
func (h *Header) readWebPMetadata(kind string, body []byte) {
	h.metadata += riffHeader
	switch kind {
	case "ICCP":
		h.profile = body
	case "EXIF":
		h.Orientation = max(orientation(body), tiffOrientation(body)) // with the prefix or without
		h.metadata += len(body)
	case "XMP ":
		h.metadata += len(body)
	}
}

// readVP8 reads a key frame's header (RFC 6386, section 9.1).
func (h *Header) readVP8(b []byte) bool {
	if len(b) < 10 || !bytes.Equal(b[3:6], []byte{0x9D, 0x01, 0x2A}) {
		return false
	}
	h.pixelBytes += vp8PixelBytes
	h.width = int(binary.LittleEndian.Uint16(b[6:]) & 0x3FFF)
	h.height = int(binary.LittleEndian.Uint16(b[8:]) & 0x3FFF)
	return h.width > 0 && h.height > 0
}

// readVP8L reads a lossless header: a signature byte, then 14 bits each of width-1 and height-1.
func (h *Header) readVP8L(b []byte) bool {
	if len(b) < 5 || b[0] != 0x2F {
		return false
	}
	h.pixelBytes += vp8lPixelBytes
	bits := binary.LittleEndian.Uint32(b[1:])
	h.width, h.height = 1+int(bits&0x3FFF), 1+int(bits>>14&0x3FFF)
	return true
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
