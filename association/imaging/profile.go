package imaging

import (
	"encoding/binary"
	"math"
)

// profile is a colour space of three primaries and a curve for each, as ICC.1 describes it by matrix and tone
// curves: Display P3, Adobe RGB and their like.
type profile struct {
	linear [3][256]int32 // each channel's samples as light, 1<<lightBits at most
	matrix [3][3]int32   // to the light of sRGB's primaries, in 1/(1<<matrixBits)
	coded  []byte        // light of 1<<codeBits steps as a sample of sRGB
}

const (
	lightBits  = 14
	matrixBits = 14
	codeBits   = 12
)

// fromXYZ turns CIE XYZ, adapted to D50 as profiles have it, into linear sRGB.
var fromXYZ = [3][3]float64{
	{3.1338561, -1.6168667, -0.4906146},
	{-0.9787684, 1.9161415, 0.0334540},
	{0.0719453, -0.2289914, 1.4052427},
}

// newProfile reads a profile. False means that its colours need no conversion, because they are sRGB's
// already or because the profile is of a kind that is not converted.
func newProfile(icc []byte) (*profile, bool) {
	if len(icc) < iccHeader+4 || string(icc[16:20]) != "RGB " || string(icc[20:24]) != "XYZ " {
		return nil, false
	}
	p := &profile{coded: srgbCodes()}
	for i, channel := range [3]string{"r", "g", "b"} {
		x, ok := xyz(tag(icc, channel+"XYZ"))
		curve := tag(icc, channel+"TRC")
		if !ok || !curves(curve, &p.linear[i]) {
			return nil, false
		}
		for row := range fromXYZ {
			light := fromXYZ[row][0]*x[0] + fromXYZ[row][1]*x[1] + fromXYZ[row][2]*x[2]
			p.matrix[row][i] = int32(math.Round(light * (1 << matrixBits)))
		}
	}
	return p, !p.isSRGB()
}

// isSRGB says whether no colour changes by more than rounding.
func (p *profile) isSRGB() bool {
	const coarse = 17 // 16 steps a channel
	for r := 0; r < 256; r += coarse {
		for g := 0; g < 256; g += coarse {
			for b := 0; b < 256; b += coarse {
				r1, g1, b1 := p.convert(byte(r), byte(g), byte(b))
				if max(distance(r1, r), distance(g1, g), distance(b1, b)) > 1 {
					return false
				}
			}
		}
	}
	return true
}

func distance(a byte, b int) int { return max(int(a)-b, b-int(a)) }

// convert returns the sRGB sample of a colour; what sRGB cannot show comes as close as each channel can.
func (p *profile) convert(r, g, b byte) (byte, byte, byte) {
	lr, lg, lb := p.linear[0][r], p.linear[1][g], p.linear[2][b]
	return p.code(0, lr, lg, lb), p.code(1, lr, lg, lb), p.code(2, lr, lg, lb)
}

func (p *profile) code(row int, r, g, b int32) byte {
	m := &p.matrix[row]
	light := int64(m[0])*int64(r) + int64(m[1])*int64(g) + int64(m[2])*int64(b)
	const shift = lightBits + matrixBits - codeBits
	return p.coded[min(max((light+1<<(shift-1))>>shift, 0), 1<<codeBits)]
}

// srgbCodes is the inverse of sRGB's curve.
func srgbCodes() []byte {
	codes := make([]byte, 1<<codeBits+1)
	for i := range codes {
		light := float64(i) / (1 << codeBits)
		v := 12.92 * light
		if light > 0.0031308 {
			v = 1.055*math.Pow(light, 1/2.4) - 0.055
		}
		codes[i] = byte(math.Round(255 * v))
	}
	return codes
}

const (
	iccHeader = 128
	iccEntry  = 12 // of the tag table: name, offset, length
)

// tag returns the body of a tag, nil if there is none.
func tag(icc []byte, name string) []byte {
	n := int(min(binary.BigEndian.Uint32(icc[iccHeader:]), 1000))
	table := icc[iccHeader+4:]
	for ; n > 0 && len(table) >= iccEntry; n-- {
		from, length := uint64(binary.BigEndian.Uint32(table[4:])), uint64(binary.BigEndian.Uint32(table[8:]))
		if string(table[:4]) == name && from+length <= uint64(len(icc)) {
			return icc[from:][:length]
		}
		table = table[iccEntry:]
	}
	return nil
}

// fixed reads the nth number of a list in 1/65536.
func fixed(b []byte, n int) float64 {
	return float64(int32(binary.BigEndian.Uint32(b[4*n:]))) / 65536
}

func xyz(b []byte) (v [3]float64, ok bool) {
	if len(b) < 20 || string(b[:4]) != "XYZ " {
		return v, false
	}
	return [3]float64{fixed(b[8:], 0), fixed(b[8:], 1), fixed(b[8:], 2)}, true
}

// curves fills a table with the light of each sample.
func curves(b []byte, to *[256]int32) bool {
	f := toneCurve(b)
	if f == nil {
		return false
	}
	for i := range to {
		light := f(float64(i) / 255)
		if math.IsNaN(light) {
			return false
		}
		to[i] = int32(math.Round(min(max(light, 0), 1) * (1 << lightBits)))
	}
	return true
}

// toneCurve reads a curve of type curv or para; nil if it is neither.
func toneCurve(b []byte) func(float64) float64 {
	if len(b) < 12 {
		return nil
	}
	switch string(b[:4]) {
	case "curv":
		return sampledCurve(b[12:], int(binary.BigEndian.Uint32(b[8:])))
	case "para":
		return parametricCurve(b[12:], int(binary.BigEndian.Uint16(b[8:])))
	}
	return nil
}

func sampledCurve(b []byte, n int) func(float64) float64 {
	switch {
	case n == 0:
		return func(x float64) float64 { return x }
	case n < 0 || n > len(b)/2:
		return nil
	case n == 1:
		gamma := float64(binary.BigEndian.Uint16(b)) / 256
		return func(x float64) float64 { return math.Pow(x, gamma) }
	}
	at := func(i int) float64 { return float64(binary.BigEndian.Uint16(b[2*min(i, n-1):])) / 65535 }
	return func(x float64) float64 {
		i, rest := math.Modf(x * float64(n-1))
		return at(int(i))*(1-rest) + at(int(i)+1)*rest
	}
}

// parameters are how many numbers each kind of parametric curve has.
var parameters = [...]int{1, 3, 4, 5, 7}

// parametricCurve is y = (ax + b)^g + e where x is at least d, and cx + f below.
func parametricCurve(body []byte, kind int) func(float64) float64 {
	if kind >= len(parameters) || len(body) < 4*parameters[kind] {
		return nil
	}
	var v [7]float64
	for i := range parameters[kind] {
		v[i] = fixed(body, i)
	}
	g, a, b, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	switch kind {
	case 0:
		a, d = 1, 0
	case 1, 2: // the fourth number is added to either side
		c, d, e, f = 0, -b/a, v[3], v[3]
	}
	return func(x float64) float64 {
		if x < d {
			return c*x + f
		}
		return math.Pow(a*x+b, g) + e
	}
}
