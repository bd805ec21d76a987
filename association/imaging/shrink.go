package imaging

import (
	"context"
	"encoding/binary"
	"image"
)

// Shrinking by powers of two, each sample the mean of those that it covers, makes most of the work of a large
// picture cheap. It does not alias, but it blurs a little, which the filter that follows makes good again.

const (
	// finest is how many samples there are at least for one of the result after shrinking: the filter needs
	// some to choose from.
	finest = 1.25
	// coarsest bounds the factor, so that the sums fit their 16 bits.
	coarsest = 16
)

// shrinkFactor is the power of two by which samples may be shrunk before they are filtered, if step of them
// are one of the result.
func shrinkFactor(step float64) int {
	f := 1
	for f < coarsest && step/float64(2*f) >= finest {
		f *= 2
	}
	return f
}

// rowsBetweenChecks is how many rows are worked on before a context is asked whether to go on.
const rowsBetweenChecks = 64

// shrink returns a part of p in which each sample is the mean of fx × fy, powers of two. At the right and
// lower edge of p it leaves out what is not a whole sample.
func (p plane) shrink(ctx context.Context, part image.Rectangle, fx, fy int) (plane, error) {
	small := newPlane(shrunk(part.Min.X, part.Max.X, p.w, fx), shrunk(part.Min.Y, part.Max.Y, p.h, fy))
	scratch := make([]byte, 4*max(fx, fy)*small.w) // two rows for each level of the recursion
	for y := range small.h {
		if y%rowsBetweenChecks == 0 && ctx.Err() != nil {
			return plane{}, ctx.Err()
		}
		p.mean(small.row(y), image.Pt(part.Min.X, part.Min.Y+y*fy), fx, fy, scratch)
	}
	return small, nil
}

// shrunk is how many samples a line from..to of size samples has after shrinking.
func shrunk(from, to, size, f int) int {
	n := ceilDiv(to-from, f)
	if from+n*f > size {
		n--
	}
	return max(n, 1)
}

// mean fills dst with means of fx × fy samples, the first of which begins at the point at.
func (p plane) mean(dst []byte, at image.Point, fx, fy int, scratch []byte) {
	if fx == 1 && fy == 1 {
		copy(dst, p.pix[at.Y*p.stride+at.X:])
		return
	}
	hx, hy := max(fx/2, 1), max(fy/2, 1)
	n := len(dst) * fx / hx
	half := func(y int) []byte {
		if hx == 1 && hy == 1 {
			return p.pix[y*p.stride+at.X:][:n]
		}
		row := scratch[:n]
		scratch = scratch[n:]
		p.mean(row, image.Pt(at.X, y), hx, hy, scratch)
		return row
	}
	switch {
	case fx == 1:
		meanOfRows(dst, half(at.Y), half(at.Y+hy))
	case fy == 1:
		meanOfColumns(dst, half(at.Y))
	default:
		meanOfSquares(dst, half(at.Y), half(at.Y+hy))
	}
}

// Words of eight samples are taken apart into even and odd ones, which then have 16 bits each for their sums.
const (
	evenBytes = 0x00FF00FF00FF00FF
	ones      = 0x0001000100010001
)

// meanOfSquares makes each sample of two beside each other in each of two rows.
func meanOfSquares(dst, a, b []byte) {
	x := 0
	for ; x+8 <= len(dst); x += 8 {
		lo := squares(binary.LittleEndian.Uint64(a[2*x:]), binary.LittleEndian.Uint64(b[2*x:]))
		hi := squares(binary.LittleEndian.Uint64(a[2*x+8:]), binary.LittleEndian.Uint64(b[2*x+8:]))
		binary.LittleEndian.PutUint64(dst[x:], packed(lo)|packed(hi)<<32)
	}
	for ; x < len(dst); x++ {
		dst[x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) / 4)
	}
}

func squares(a, b uint64) uint64 {
	sum := a&evenBytes + a>>8&evenBytes + b&evenBytes + b>>8&evenBytes
	return (sum + 2*ones) >> 2 & evenBytes
}

// packed moves the low bytes of four 16-bit lanes together.
func packed(lanes uint64) uint64 {
	lanes = (lanes | lanes>>8) & 0x0000FFFF0000FFFF
	return (lanes | lanes>>16) & 0x00000000FFFFFFFF
}

// meanOfRows makes each sample of one in each of two rows.
func meanOfRows(dst, a, b []byte) {
	x := 0
	for ; x+8 <= len(dst); x += 8 {
		u, v := binary.LittleEndian.Uint64(a[x:]), binary.LittleEndian.Uint64(b[x:])
		even := (u&evenBytes + v&evenBytes + ones) >> 1 & evenBytes
		odd := (u>>8&evenBytes + v>>8&evenBytes + ones) >> 1 & evenBytes
		binary.LittleEndian.PutUint64(dst[x:], even|odd<<8)
	}
	for ; x < len(dst); x++ {
		dst[x] = byte((int(a[x]) + int(b[x]) + 1) / 2)
	}
}

// meanOfColumns makes each sample of two beside each other.
func meanOfColumns(dst, a []byte) {
	for x := range dst {
		dst[x] = byte((int(a[2*x]) + int(a[2*x+1]) + 1) / 2)
	}
}
