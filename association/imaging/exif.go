package imaging

import (
	"bytes"
	"encoding/binary"
)

const (
	tagOrientation = 0x0112
	typeShort      = 3
	entrySize      = 12             // of an entry of a TIFF directory
	exifPrefix     = "Exif\x00\x00" // of an APP1 segment
)

// orientation reads EXIF's orientation out of an APP1 segment, 1 to 8. Whatever cannot be read is 1: a
// wrong tag is no reason to refuse a photo.
func orientation(app1 []byte) int {
	tiff, ok := bytes.CutPrefix(app1, []byte(exifPrefix))
	if !ok {
		return 1
	}
	return tiffOrientation(tiff)
}

// tiffOrientation is orientation for EXIF without its prefix, as PNG and WebP have it.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	n := int(order.Uint16(tiff[at:]))
	entries := tiff[at+2:]
	for ; n > 0 && len(entries) >= entrySize; n-- {
		e := entries[:entrySize]
		entries = entries[entrySize:]
		if order.Uint16(e) != tagOrientation || order.Uint16(e[2:]) != typeShort {
			continue
		}
		if v := int(order.Uint16(e[8:])); v >= 1 && v <= 8 {
			return v
		}
		return 1
	}
	return 1
}
