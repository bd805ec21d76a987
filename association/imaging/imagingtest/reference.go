// Package imagingtest is what scaled pictures are compared with: the textbook's filter in floating point, far
// too slow for anything else. And it makes files that no encoder makes.
package imagingtest

import (
	"image"
	"image/color"
	"math"
)

// Luma is a picture's luma as numbers of 0 to 255, row by row.
type Luma struct {
	Width, Height int // pixels
	Values        []float64
}

func newLuma(w, h int) Luma { return Luma{w, h, make([]float64, w*h)} }

// LumaOf takes the luma of a picture, multiplied by alpha.
func LumaOf(m image.Image) Luma {
	b := m.Bounds()
	out := newLuma(b.Dx(), b.Dy())
	for y := range out.Height {
		for x := range out.Width {
			v, _ := LumaAt(m, b.Min.X+x, b.Min.Y+y)
			out.Values[y*out.Width+x] = float64(v)
		}
	}
	return out
}

// LumaAt is the luma of a pixel, multiplied by alpha, and its alpha, each 0 to 255.
func LumaAt(m image.Image, x, y int) (luma, alpha int) {
	if planes, ok := m.(*image.YCbCr); ok {
		return int(planes.Y[planes.YOffset(x, y)]), 255
	}
	r, g, b, a := m.At(x, y).RGBA()
	v, _, _ := color.RGBToYCbCr(uint8(r>>8), uint8(g>>8), uint8(b>>8))
	return int(v), int(a >> 8)
}

// Turned is the picture turned clockwise by a quarter.
func (p Luma) Turned() Luma {
	out := p.transposed()
	for y := range out.Height {
		row := out.Values[y*out.Width:][:out.Width]
		for i, j := 0, len(row)-1; i < j; i, j = i+1, j-1 {
			row[i], row[j] = row[j], row[i]
		}
	}
	return out
}

// Square is the centre square.
func (p Luma) Square() Luma {
	side := min(p.Width, p.Height)
	out := newLuma(side, side)
	x0, y0 := (p.Width-side)/2, (p.Height-side)/2
	for y := range side {
		copy(out.Values[y*side:][:side], p.Values[(y+y0)*p.Width+x0:])
	}
	return out
}

// Lanczos3 scales to w × h pixels: one pass along each side and nothing else.
func (p Luma) Lanczos3(w, h int) Luma {
	return p.across(w).transposed().across(h).transposed()
}

func (p Luma) transposed() Luma {
	out := newLuma(p.Height, p.Width)
	for y := range p.Height {
		for x := range p.Width {
			out.Values[x*p.Height+y] = p.Values[y*p.Width+x]
		}
	}
	return out
}

func (p Luma) across(w int) Luma {
	out := newLuma(w, p.Height)
	step := float64(p.Width) / float64(w)
	scale := max(step, 1)
	for i := range w {
		centre := (float64(i)+0.5)*step - 0.5
		first := max(int(math.Ceil(centre-3*scale)), 0)
		last := min(int(math.Floor(centre+3*scale)), p.Width-1)
		weights, sum := make([]float64, last-first+1), 0.0
		for k := range weights {
			d := (float64(first+k) - centre) / scale
			weights[k] = sinc(d) * sinc(d/3)
			sum += weights[k]
		}
		for y := range p.Height {
			v := 0.0
			for k, weight := range weights {
				v += weight * p.Values[y*p.Width+first+k]
			}
			out.Values[y*w+i] = min(max(v/sum, 0), 255)
		}
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// PSNR is how near two pictures of one size are, in decibels: at 46, the mean error is 1.3 of 255.
func (p Luma) PSNR(of Luma) float64 {
	sum := 0.0
	for i, v := range p.Values {
		sum += (v - of.Values[i]) * (v - of.Values[i])
	}
	return 10 * math.Log10(255*255*float64(len(p.Values))/sum)
}
