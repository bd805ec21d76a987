package imaging_test

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// plain is luma as numbers, row by row.
type plain struct {
	w, h int
	v    []float64
}

func newPlain(w, h int) plain { return plain{w, h, make([]float64, w*h)} }

// lumaOf takes a picture's luma, turned by a quarter clockwise if it is stored that way.
func lumaOf(m image.Image, turned bool) plain {
	b := m.Bounds()
	at := func(x, y int) float64 {
		l, _ := luma(m.At(b.Min.X+x, b.Min.Y+y))
		return float64(l)
	}
	if y, ok := m.(*image.YCbCr); ok {
		at = func(x, row int) float64 { return float64(y.Y[y.YOffset(b.Min.X+x, b.Min.Y+row)]) }
	}
	out := newPlain(b.Dx(), b.Dy())
	if turned {
		out.w, out.h = out.h, out.w
	}
	for y := range out.h {
		for x := range out.w {
			if turned {
				out.v[y*out.w+x] = at(y, out.w-1-x)
			} else {
				out.v[y*out.w+x] = at(x, y)
			}
		}
	}
	return out
}

// square is the centre.
func (p plain) square() plain {
	side := min(p.w, p.h)
	out := newPlain(side, side)
	x0, y0 := (p.w-side)/2, (p.h-side)/2
	for y := range side {
		copy(out.v[y*side:][:side], p.v[(y+y0)*p.w+x0:])
	}
	return out
}

// lanczos3 is the textbook's filter: one pass along each side in floating point, and nothing else.
func (p plain) lanczos3(w, h int) plain {
	return p.across(w).transposed().across(h).transposed()
}

func (p plain) transposed() plain {
	out := newPlain(p.h, p.w)
	for y := range p.h {
		for x := range p.w {
			out.v[x*p.h+y] = p.v[y*p.w+x]
		}
	}
	return out
}

func (p plain) across(w int) plain {
	out := newPlain(w, p.h)
	step := float64(p.w) / float64(w)
	scale := max(step, 1)
	sinc := func(x float64) float64 {
		if x == 0 {
			return 1
		}
		return math.Sin(math.Pi*x) / (math.Pi * x)
	}
	for i := range w {
		centre := (float64(i)+0.5)*step - 0.5
		first, last := max(int(math.Ceil(centre-3*scale)), 0), min(int(math.Floor(centre+3*scale)), p.w-1)
		weights, sum := make([]float64, last-first+1), 0.0
		for k := range weights {
			d := (float64(first+k) - centre) / scale
			weights[k] = sinc(d) * sinc(d/3)
			sum += weights[k]
		}
		for y := range p.h {
			v := 0.0
			for k, weight := range weights {
				v += weight * p.v[y*p.w+first+k]
			}
			out.v[y*w+i] = min(max(v/sum, 0), 255)
		}
	}
	return out
}

// psnr is how near two pictures are, in decibels: 46 is a mean error of 1.3 of 255.
func (p plain) psnr(of plain) float64 {
	sum := 0.0
	for i, v := range p.v {
		sum += (v - of.v[i]) * (v - of.v[i])
	}
	return 10 * math.Log10(255*255*float64(len(p.v))/sum)
}

// scene is a gray picture with detail of every size, each as strong as a photograph has it, and hard edges.
func scene(w, h int) *image.Gray {
	random := rand.New(rand.NewPCG(1, 2))
	m := image.NewGray(image.Rect(0, 0, w, h))
	sum := newPlain(w, h)
	for cell := 256; cell >= 1; cell /= 2 {
		grid := newPlain(w/cell+2, h/cell+2)
		for i := range grid.v {
			grid.v[i] = (random.Float64() - 0.5) * 12 * math.Sqrt(float64(cell))
		}
		for y := range h {
			gy, fy := y/cell, float64(y%cell)/float64(cell)
			for x := range w {
				gx, fx := x/cell, float64(x%cell)/float64(cell)
				at := gy*grid.w + gx
				top := grid.v[at]*(1-fx) + grid.v[at+1]*fx
				bottom := grid.v[at+grid.w]*(1-fx) + grid.v[at+grid.w+1]*fx
				sum.v[y*w+x] += top*(1-fy) + bottom*fy
			}
		}
	}
	for i, v := range sum.v {
		if x, y := i%w, i/w; (x-w/3)*(x-w/3)+(y-h/2)*(y-h/2) < h*h/16 {
			v += 60
		}
		m.Pix[i] = uint8(min(max(128+v, 0), 255))
	}
	return m
}

func TestScalingIsNearTheReference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		w, h int
		want float64 // dB
	}{
		{"by the filter alone", 1600, 400, 50},
		{"by two and the filter", 2900, 400, 46},
		{"by four and the filter", 5300, 400, 46},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := scene(c.w, c.h)
			_, got, err := renderer().Unencoded(t.Context(), pngOf(t, m))
			must(t, err)
			want := lumaOf(m, false).lanczos3(got.Bounds().Dx(), got.Bounds().Dy())
			if db := lumaOf(got, false).psnr(want); db < c.want {
				t.Errorf("PSNR is %.1f dB, want at least %.1f", db, c.want)
			}
		})
	}
}

// What is enlarged for somebody who wants exact pixels keeps its colours and its place.
func TestEnlarging(t *testing.T) {
	t.Parallel()
	small := patches(40, 40)
	got := renditionOf(t, pngOf(t, small), 160, true)
	for _, at := range []image.Point{{20, 20}, {140, 20}, {20, 140}, {140, 140}} {
		want := color.NRGBAModel.Convert(small.At(at.X/4, at.Y/4)).(color.NRGBA)
		is := color.NRGBAModel.Convert(got.At(at.X, at.Y)).(color.NRGBA)
		if d := max(int(is.R)-int(want.R), int(want.R)-int(is.R), int(is.B)-int(want.B), int(want.B)-int(is.B)); d > 6 {
			t.Errorf("at %v it is %v, want %v", at, is, want)
		}
	}
}
