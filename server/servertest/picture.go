package servertest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
)

// side is a picture's width and height in pixels.
const side = 64

// Picture returns a PNG of exactly n bytes in one colour, both told by the name: the same name and n give the
// same bytes, and pictures of other names can be told apart by Colour. An n that is too small for a PNG gives
// what looks like one by its first bytes and is none.
func Picture(name string, n int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		img.Set(i%side, i/side, Colour(name))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil // no writer, no error
	}
	whole := b.Bytes()
	const end, frame = 12, 12 // the IEND chunk; length, type and checksum of a chunk
	fill := n - len(whole) - frame
	if fill < 0 {
		return append(whole[:8:8], noise(name, max(n-8, 0))...)[:n]
	}
	out := append([]byte(nil), whole[:len(whole)-end]...)
	out = append(out, chunk("noIs", noise(name, fill))...)
	return append(out, whole[len(whole)-end:]...)
}

// Colour is that of the Picture of a name.
func Colour(name string) color.RGBA {
	h := seed(name)
	return color.RGBA{R: uint8(h), G: uint8(h >> 8), B: uint8(h >> 16), A: 255}
}

// chunk frames a part of a PNG. A type with a small first letter may be skipped by readers.
func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func noise(name string, n int) []byte {
	out, from := make([]byte, 0, n+8), rand.New(rand.NewPCG(seed(name), 1))
	for len(out) < n {
		out = binary.LittleEndian.AppendUint64(out, from.Uint64())
	}
	return out[:n]
}

func seed(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
