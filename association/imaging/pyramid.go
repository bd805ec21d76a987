package imaging

import (
	"context"
	"image"
	"math"
)

// pyramid is a part of a picture, upright and in its final colours, in sizes of which each is made of the one
// before. They are always the same ones, whatever is asked for: so equal requests make equal bytes.
type pyramid struct {
	levels []raster // from the largest on
}

// levels are the longer sides of all levels but the first.
var levels = [...]int{512, 256, 128, 64}

// newPyramid scales a part of the upright picture down to Longest, and from there on.
func newPyramid(
	ctx context.Context, s source, h *Header, part image.Rectangle, p *profile,
) (pyramid, error) {
	w, height := fitted(part.Dx(), part.Dy(), Longest)
	c := cut{part: h.stored(part), w: w, h: height, orientation: h.Orientation}
	if turns[h.Orientation].transposed {
		c.w, c.h = height, w
	}
	top, err := s.scale(ctx, c)
	if err != nil {
		return pyramid{}, err
	}
	made := pyramid{levels: []raster{top.settled(p)}}
	for _, side := range levels {
		last := made.levels[len(made.levels)-1]
		if w, height := fitted(part.Dx(), part.Dy(), side); max(last.size()) > side {
			next, err := last.resized(ctx, w, height)
			if err != nil {
				return pyramid{}, err
			}
			made.levels = append(made.levels, next)
		}
	}
	return made, nil
}

// fitted is the size of a picture whose longer side is at most longest.
func fitted(w, h, longest int) (int, int) {
	return scaled(w, h, float64(longest)/float64(max(w, h)))
}

// scaled is a size made smaller by a factor; one above 1 leaves it as it is.
func scaled(w, h int, by float64) (int, int) {
	by = min(by, 1)
	return max(int(math.Round(float64(w)*by)), 1), max(int(math.Round(float64(h)*by)), 1)
}

// size is that of a rendition.
func (p pyramid) size(s Spec) (w, h int) {
	w, h = p.levels[0].size()
	if s.Shape == Wide {
		return scaled(w, h, float64(s.Pixels)/float64(w))
	}
	return fitted(w, h, s.Pixels)
}

// sized makes a raster of the smallest level that is at least twice as large, so that little is lost a second
// time; else of the smallest that is not smaller; else of the largest.
func (p pyramid) sized(ctx context.Context, w, h int) (raster, error) {
	from := p.levels[0]
	for _, l := range p.levels {
		lw, lh := l.size()
		if lw == w && lh == h {
			return l, nil
		}
		if lw >= 2*w || lw > w && from.planes[0].w < 2*w {
			from = l
		}
	}
	return from.resized(ctx, w, h)
}

// smallest is the last level, of at most 64 pixels a side.
func (p pyramid) smallest() raster { return p.levels[len(p.levels)-1] }
