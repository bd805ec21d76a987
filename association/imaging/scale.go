package imaging

import (
	"context"
	"image"
	"math"
)

// source is a decoded picture as it is stored. Exactly one of the two is set.
type source struct {
	planar      raster
	interleaved *interleaved
}

// cut names the part of a stored picture that becomes a small one of w × h pixels, which is then turned to
// stand upright.
type cut struct {
	part        image.Rectangle // in stored pixels
	w, h        int             // before it is turned
	orientation int
}

// subsampled is how coarse colours are in own rasters of the ycbcr model: a sample for 2 × 2 pixels.
const subsampled = 2

// scale makes the upright small picture. The channels are worked on one after the other, so that memory holds
// one of them at a time.
func (s source) scale(ctx context.Context, c cut) (raster, error) {
	if s.interleaved != nil {
		return s.interleaved.scale(ctx, c)
	}
	out := raster{model: s.planar.model}
	for i, p := range s.planar.planes {
		step := 1
		if s.planar.model.coarse(i) {
			step = subsampled
		}
		small, err := p.scale(ctx, c, step)
		if err != nil {
			return raster{}, err
		}
		out.planes = append(out.planes, small)
	}
	return out, nil
}

// scale makes one channel of the small picture; a sample of the result covers step × step pixels.
func (p plane) scale(ctx context.Context, c cut, step int) (plane, error) {
	x, x0, x1 := along(c.part.Min.X, c.part.Dx(), c.w, step, p.stepX)
	y, y0, y1 := along(c.part.Min.Y, c.part.Dy(), c.h, step, p.stepY)
	fx, fy := shrinkFactor(x.step), shrinkFactor(y.step)
	t := turns[c.orientation]
	x, y = x.mirrored(t.mirroredX, c.w, step), y.mirrored(t.mirroredY, c.h, step)
	part := image.Rect(x0, y0, x1, y1).Intersect(p.bounds())
	small, err := p.shrink(ctx, part, fx, fy)
	if err != nil {
		return plane{}, err
	}
	out, err := small.filter(ctx, x.after(x0, fx), y.after(y0, fy), [2]int{fx, fy}, c.orientation)
	out.stepX, out.stepY = step, step
	return out, err
}

// scale makes all channels of the small picture.
func (in interleaved) scale(ctx context.Context, c cut) (raster, error) {
	x, x0, _ := along(c.part.Min.X, c.part.Dx(), c.w, 1, 1)
	y, y0, _ := along(c.part.Min.Y, c.part.Dy(), c.h, 1, 1)
	fx, fy := shrinkFactor(x.step), shrinkFactor(y.step)
	r, err := in.shrink(ctx, c.part, fx, fy)
	for i := 0; err == nil && i < len(r.planes); i++ {
		r.planes[i], err = r.planes[i].filter(ctx, x.after(x0, fx), y.after(y0, fy), [2]int{fx, fy}, c.orientation)
	}
	return r, err
}

// along is the axis of length pixels from on that become n pixels, in source samples of sourceStep pixels and
// samples of the result of step pixels each, and the source samples that it touches.
func along(from, length, n, step, sourceStep int) (a axis, first, end int) {
	origin, span := float64(from)/float64(sourceStep), float64(length)/float64(sourceStep)
	a = axis{origin: origin, step: span / float64(n) * float64(step), n: ceilDiv(n, step)}
	return a, int(origin), int(math.Ceil(origin + span))
}

// mirrored is the axis over pixels of which the last will be the first. Coarse samples begin at the upright
// picture's edge: what the last of them has beyond the other edge lies before the first pixel then.
func (a axis) mirrored(yes bool, pixels, step int) axis {
	if yes {
		a.origin -= float64(a.n*step-pixels) * a.step / float64(step)
	}
	return a
}

// after is the axis over samples that begin at first and were shrunk by f.
func (a axis) after(first, f int) axis {
	return axis{origin: (a.origin - float64(first)) / float64(f), step: a.step / float64(f), n: a.n}
}

// filter makes the turned result. Rows are filtered, the plane is transposed, what were columns are filtered:
// so both passes go along memory. Mirroring costs nothing in a pass, and an orientation that lies on its side
// only saves transposing back.
func (p plane) filter(ctx context.Context, x, y axis, f [2]int, orientation int) (plane, error) {
	t := turns[orientation]
	tall, err := newFilter(y, p.h, f[1]).columns(ctx, p, t.mirroredY)
	if err != nil {
		return plane{}, err
	}
	out, err := newFilter(x, p.w, f[0]).columns(ctx, tall.transposed(), t.mirroredX)
	if err != nil || t.transposed {
		return out, err
	}
	return out.transposed(), nil
}

// resized is the raster in another size.
func (r raster) resized(ctx context.Context, w, h int) (raster, error) {
	fromW, fromH := r.size()
	return source{planar: r}.scale(ctx, cut{part: image.Rect(0, 0, fromW, fromH), w: w, h: h, orientation: 1})
}
