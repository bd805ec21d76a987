package imagingtest

import (
	"encoding/binary"
	"slices"
)

// ManyCodes is a lossless WebP of 204 × 204 pixels, of which each 4 × 4 may have prefix codes of their own.
// So many groups of them, 2601 at most, are as large as there are: a decoder keeps 50 kB of each, the file
// 350 bytes.
func ManyCodes(groups int) []byte {
	body := manyCodes(groups)
	body = append(body, make([]byte, len(body)%2)...)
	chunk := append(binary.LittleEndian.AppendUint32([]byte("WEBPVP8L"), uint32(len(body))), body...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(chunk))), chunk...)
}

// ManyCodesAlpha is the same as a chunk of a translucent picture has it.
func ManyCodesAlpha(groups int) []byte {
	const header, losslessly = 5, 1
	return append([]byte{losslessly}, manyCodes(groups)[header:]...)
}

func manyCodes(groups int) []byte {
	const tiles, side = 51, 4 * 51
	b := bits{out: []byte{0x2F}}
	b.put(side-1, 14)
	b.put(side-1, 14)
	b.put(0, 5)  // no alpha, version 0, no transform
	b.put(1, 1)  // a cache
	b.put(11, 4) // of 2048 colours
	b.put(1, 1)  // groups
	b.put(0, 3)  // for 4 × 4 pixels
	b.put(0, 1)  // their numbers: no cache
	b.code(run{8, 256}, run{0, 24})
	b.code(run{4, 16}, run{0, 240})
	for range 3 {
		b.put(0b101, 3+8) // the symbol 0 alone
	}
	for i := range tiles * tiles {
		group := min(i, groups-1)
		b.symbol(group&255, 8)
		b.symbol(group>>8, 4)
	}
	for range groups {
		b.code(run{11, 1768}, run{12, 560})
		for range 3 {
			b.code(run{8, 256})
		}
		b.code(run{5, 24}, run{6, 16})
	}
	const pixelBits = 11 + 3*8 // all of them 0
	b.put(0, 7)
	return append(b.out, make([]byte, side*side*pixelBits/8+1)...)
}

// bits are written from the lowest on.
type bits struct {
	out  []byte
	bits uint64
	n    int
}

func (b *bits) put(value uint64, n int) {
	b.bits |= value << b.n
	for b.n += n; b.n >= 8; b.n -= 8 {
		b.out = append(b.out, byte(b.bits))
		b.bits >>= 8
	}
}

// symbol writes a code of n bits, the highest first.
func (b *bits) symbol(code, n int) {
	for n--; n >= 0; n-- {
		b.put(uint64(code>>n)&1, 1)
	}
}

// run is that many symbols whose codes have the length.
type run struct{ length, times int }

// lengths are those in use, and 16 for three to six more of the last one: eight, so each has a code of three
// bits.
var lengths = [...]int{0, 4, 5, 6, 8, 11, 12, again}

const again = 16

// code writes one by the lengths of its codes.
func (b *bits) code(runs ...run) {
	b.put(0, 1)
	b.put(15, 4) // all lengths of lengths follow
	for _, s := range [...]int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} {
		n := uint64(0)
		if slices.Contains(lengths[:], s) {
			n = 3
		}
		b.put(n, 3)
	}
	b.put(0, 1) // all lengths follow
	for _, r := range runs {
		b.length(r.length)
		left := r.times - 1
		for ; left >= 3 && r.length > 0; left -= min(left, 6) {
			b.length(again)
			b.put(uint64(min(left, 6)-3), 2)
		}
		for ; left > 0; left-- {
			b.length(r.length)
		}
	}
}

func (b *bits) length(n int) { b.symbol(slices.Index(lengths[:], n), 3) }
