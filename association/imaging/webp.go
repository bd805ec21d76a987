package imaging

import (
	"bytes"
	"encoding/binary"
	"image"
)

const riffHeader = 8 // a chunk's name and length

// readWebP walks through the chunks. The canvas and the one picture on it must have the same size: the
// decoder would make room for both.
func (h *Header) readWebP(w *walker, l Limits) error {
	const form = 4 // "WEBP"
	b, err := w.peek(riffHeader)
	if err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(b[4:]))
	if size < form {
		return NotAnImage.Fault()
	}
	end := size + riffHeader
	err = w.skip(riffHeader + form)
	var canvas image.Point
	for err == nil && end-w.at >= riffHeader {
		if b, err = w.peek(riffHeader); err != nil {
			return err
		}
		kind, n := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		if w.at+riffHeader+n > end {
			return Truncated.Fault()
		}
		next := min(w.at+riffHeader+n+n%2, end)
		if err := w.skip(riffHeader); err != nil {
			return err
		}
		if err := h.readWebPChunk(w, kind, n, &canvas, l); err != nil {
			return err
		}
		err = w.skip(next - w.at)
	}
	if err == nil {
		err = w.skip(end - w.at)
	}
	if err == nil && (h.width == 0 || canvas.X != 0 && canvas != image.Pt(h.width, h.height)) {
		err = NotAnImage.Fault()
	}
	return err
}

// readWebPChunk reads what is needed to show the picture. A chunk is work even if nobody knows it.
func (h *Header) readWebPChunk(w *walker, kind string, n int64, canvas *image.Point, l Limits) error {
	body, err := w.peek(int(min(n, walkerWindow)))
	if err != nil {
		return err
	}
	ok := true
	switch kind {
	case "ANIM", "ANMF":
		return TooManyFrames.Fault()
	case "VP8X":
		if ok = len(body) >= 10 && canvas.X == 0; ok {
			*canvas = image.Pt(1+uint24(body[4:]), 1+uint24(body[7:]))
		}
	case "ALPH":
		const losslessly = 1
		ok = h.pixelBytes == 0 && len(body) > 0 // before the picture, and once
		h.pixelBytes += alphaPixelBytes
		if ok && body[0]&3 == losslessly {
			return h.readCodes(w, 1, n, *canvas, l)
		}
	case "VP8 ":
		ok = h.width == 0 && h.readVP8(body)
	case "VP8L":
		if ok = h.width == 0 && h.readVP8L(body); ok {
			return h.readCodes(w, vp8lHeader, n, image.Pt(h.width, h.height), l)
		}
	case "ICCP":
		h.metadata += riffHeader
		if n > int64(l.Profile) {
			return TooMuchMetadata.Fault()
		}
		h.profile, err = w.read(int(n))
		return err
	case "EXIF":
		h.Orientation = max(orientation(body), tiffOrientation(body)) // with the prefix or without
		h.metadata += riffHeader + int(n)
	case "XMP ":
		h.metadata += riffHeader + int(n)
	default:
		h.metadata += riffHeader
	}
	if !ok {
		return NotAnImage.Fault()
	}
	return nil
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

const vp8lHeader = 5 // bytes

// readVP8L reads a lossless header: a signature byte, then 14 bits each of width-1 and height-1.
func (h *Header) readVP8L(b []byte) bool {
	if len(b) < vp8lHeader || b[0] != 0x2F {
		return false
	}
	h.pixelBytes += vp8lPixelBytes
	bits := binary.LittleEndian.Uint32(b[1:])
	h.width, h.height = 1+int(bits&0x3FFF), 1+int(bits>>14&0x3FFF)
	return true
}

// readCodes goes past the header of a chunk of n bytes, and past all of a lossless picture before its pixels.
func (h *Header) readCodes(w *walker, header, n int64, size image.Point, l Limits) error {
	if !l.holds(size.X, size.Y) { // which bounds the work of it
		return TooManyPixels.Fault()
	}
	v := vp8l{from: w, end: w.at + n}
	if err := w.skip(header); err != nil {
		return err
	}
	bytes, err := v.codes(size.X, size.Y, l.Codes)
	h.codes += bytes
	return err
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
