package imaging

import (
	"context"
	"encoding/binary"
	"math"
)

// axis says where n samples of a result lie on a line of source samples: the centre of sample i at
// origin + (i + ½) × step.
type axis struct {
	origin, step float64
	n            int
}

const (
	lobes  = 3   // of the Lanczos window
	weight = 128 // that the weights of a sample sum up to
)

// filter is Lanczos3 along one axis: for each sample of the result its weights, in units of 1/weight, and the
// first source sample that they belong to.
type filter struct {
	first   []int
	weights []uint64 // taps for each sample; negative ones in two's complement
	taps    int
}

// newFilter makes the filter for an axis over size source samples, each of which is the mean of f.
func newFilter(a axis, size, f int) filter {
	scale := max(a.step, 1)
	blur := (1 - 1/float64(f*f)) / 24 // of a mean of f samples, to the second order
	radius := lobes * scale
	if f > 1 {
		radius++
	}
	taps := min(int(2*radius)+2, size)
	t := filter{first: make([]int, a.n), weights: make([]uint64, a.n*taps), taps: taps}
	w := make([]float64, taps)
	for i := range a.n {
		centre := a.origin + (float64(i)+0.5)*a.step - 0.5
		first := max(0, min(int(math.Ceil(centre-radius)), size-taps))
		sum := 0.0
		for k := range w {
			d := float64(first+k) - centre
			w[k] = (1+2*blur)*lanczos(d/scale) - blur*(lanczos((d-1)/scale)+lanczos((d+1)/scale))
			sum += w[k]
		}
		t.first[i] = first
		quantise(t.weights[i*taps:][:taps], w, weight/sum)
	}
	return t
}

func lanczos(x float64) float64 {
	if x == 0 {
		return 1
	}
	if x <= -lobes || x >= lobes {
		return 0
	}
	x *= math.Pi
	return lobes * math.Sin(x) * math.Sin(x/lobes) / (x * x)
}

// quantise rounds weights so that their sum stays: what one is rounded by is carried to the next.
func quantise(to []uint64, w []float64, scale float64) {
	sum, before := 0.0, 0.0
	for k := range w {
		sum += w[k] * scale
		now := math.Round(sum)
		to[k] = uint64(int64(now - before))
		before = now
	}
}

// Sums are kept four to a word, in lanes of 16 bits. A lane never overflows at the end, whatever happens to
// it on the way: the result of a sample of 0 to 255 is above -bias and below 512 - bias.
const (
	bias      = 128
	laneStart = (bias*weight + weight/2) * ones
	laneMask  = 0x01FF01FF01FF01FF
)

// columns filters every column of p. The result has as many rows as the filter has samples, in reverse if
// mirrored.
func (t filter) columns(ctx context.Context, p plane, mirrored bool) (plane, error) {
	out := newPlane(p.w, len(t.first))
	for y, first := range t.first {
		if y%rowsBetweenChecks == 0 && ctx.Err() != nil {
			return plane{}, ctx.Err()
		}
		to := y
		if mirrored {
			to = out.h - 1 - y
		}
		weigh(out.pix[to*out.stride:][:out.stride], p.pix[first*p.stride:], p.stride, t.weights[y*t.taps:][:t.taps])
	}
	return out, nil
}

// weigh makes a row of as many rows as there are weights; len(dst) is a multiple of rowAlign.
func weigh(dst, rows []byte, stride int, weights []uint64) {
	for x := 0; x+rowAlign <= len(dst); x += rowAlign {
		var a, b, c, d uint64 = laneStart, laneStart, laneStart, laneStart
		at := x
		for _, w := range weights {
			s := rows[at : at+rowAlign : at+rowAlign]
			u, v := binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[8:])
			a += u & evenBytes * w
			b += u >> 8 & evenBytes * w
			c += v & evenBytes * w
			d += v >> 8 & evenBytes * w
			at += stride
		}
		binary.LittleEndian.PutUint64(dst[x:], clamped(a)|clamped(b)<<8)
		binary.LittleEndian.PutUint64(dst[x+8:], clamped(c)|clamped(d)<<8)
	}
}

// clamped turns four sums into samples of 0 to 255.
func clamped(sums uint64) uint64 {
	const top = 0x8000 * ones
	v := sums/weight&laneMask + top - bias*ones // the top bit says: not below zero
	positive := v >> 15 & ones
	v &= (positive<<16 - positive) & laneMask
	over := v >> 8 & ones
	return (v | (over<<8 - over)) & evenBytes
}

// transposed returns p with rows and columns exchanged, eight by eight samples at a time.
func (p plane) transposed() plane {
	out := newPlane(p.h, p.w)
	for y := 0; y < p.h; y += 8 {
		for x := 0; x < p.w; x += 8 {
			var b [8]uint64
			for i := range b {
				b[i] = binary.LittleEndian.Uint64(p.pix[(y+i)*p.stride+x:])
			}
			exchange(&b)
			for i := range b {
				binary.LittleEndian.PutUint64(out.pix[(x+i)*out.stride+y:], b[i])
			}
		}
	}
	return out
}

// exchange transposes eight rows of eight bytes: quarters, then their quarters, then theirs.
func exchange(b *[8]uint64) {
	const words, pairs, bytes = 0x00000000FFFFFFFF, 0x0000FFFF0000FFFF, evenBytes
	for i := range 4 {
		u, v := b[i], b[i+4]
		b[i], b[i+4] = u&words|v<<32, u>>32|v&^words
	}
	for _, i := range [4]int{0, 1, 4, 5} {
		u, v := b[i], b[i+2]
		b[i], b[i+2] = u&pairs|v&pairs<<16, u>>16&pairs|v&^pairs
	}
	for i := 0; i < 8; i += 2 {
		u, v := b[i], b[i+1]
		b[i], b[i+1] = u&bytes|v&bytes<<8, u>>8&bytes|v&^bytes
	}
}
