package imaging_test

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"cameo/association/imaging/imagingtest"
)

// scene is a gray picture with detail of every size, each as strong as a photograph has it, and hard edges.
func scene(w, h int) *image.Gray {
	random := rand.New(rand.NewPCG(1, 2))
	m := image.NewGray(image.Rect(0, 0, w, h))
	sum := make([]float64, w*h)
	for cell := 256; cell >= 1; cell /= 2 {
		across := w/cell + 2
		grid := make([]float64, across*(h/cell+2))
		for i := range grid {
			grid[i] = (random.Float64() - 0.5) * 12 * math.Sqrt(float64(cell))
		}
		for y := range h {
			gy, fy := y/cell, float64(y%cell)/float64(cell)
			for x := range w {
				gx, fx := x/cell, float64(x%cell)/float64(cell)
				at := gy*across + gx
				top := grid[at]*(1-fx) + grid[at+1]*fx
				bottom := grid[at+across]*(1-fx) + grid[at+across+1]*fx
				sum[y*w+x] += top*(1-fy) + bottom*fy
			}
		}
	}
	for i, v := range sum {
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
			want := imagingtest.LumaOf(m).Lanczos3(got.Bounds().Dx(), got.Bounds().Dy())
			if db := imagingtest.LumaOf(got).PSNR(want); db < c.want {
				t.Errorf("PSNR is %.1f dB, want at least %.1f", db, c.want)
			}
		})
	}
}

// What is enlarged for somebody who wants exact pixels keeps its colours and its place.
func TestEnlarging(t *testing.T) {
	t.Parallel()
	small := patches(40, 40)
	made, err := renderer().Trim(t.Context(), pngOf(t, small), 160, 160)
	must(t, err)
	got := decodedAs(t, made.Type, made.Bytes)
	for _, at := range []image.Point{{20, 20}, {140, 20}, {20, 140}, {140, 140}} {
		want := color.NRGBAModel.Convert(small.At(at.X/4, at.Y/4)).(color.NRGBA)
		is := color.NRGBAModel.Convert(got.At(at.X, at.Y)).(color.NRGBA)
		if d := max(int(is.R)-int(want.R), int(want.R)-int(is.R), int(is.B)-int(want.B), int(want.B)-int(is.B)); d > 6 {
			t.Errorf("at %v it is %v, want %v", at, is, want)
		}
	}
}
