package imaging

import (
	"context"
	"image"

	"github.com/galdor/go-thumbhash"
)

// Renderer judges files and makes renditions of them, many at once.
type Renderer struct {
	Limits Limits
	Memory *Memory // that all pictures share which are decoded at once
	HEIF   Engine  // nil: HEIC and AVIF are refused
}

// Render makes all renditions of one decoding. It waits until Memory has room for the picture, holding the
// file and no more. A file that is not accepted is Unsupported or TooLarge with a Reason, a wrong Request is
// Invalid; the end of ctx ends it between rows, though a JPEG is decoded in one go.
//
// Colours become sRGB's. Nothing of the file is in the renditions but its pixels.
func (r Renderer) Render(ctx context.Context, file []byte, q Request) (Picture, error) {
	if err := q.judge(); err != nil {
		return Picture{}, err
	}
	h, err := r.Judge(file)
	if err != nil {
		return Picture{}, err
	}
	square, err := q.Crop.within(h.upright())
	if err != nil {
		return Picture{}, err
	}
	if err := ctx.Err(); err != nil {
		return Picture{}, err
	}
	need := h.memory(len(file))
	if err := r.Memory.take(ctx, need); err != nil {
		return Picture{}, err
	}
	defer r.Memory.give(need)
	p := Picture{Header: h, Crop: Crop{X: square.Min.X, Y: square.Min.Y, Size: square.Dx()}}
	crop, whole, err := r.pyramids(ctx, file, &h, square, q.wantsWhole())
	if err != nil {
		return Picture{}, err
	}
	small := crop.smallest().nrgba()
	p.Thumbhash, p.Colour = thumbhash.EncodeImage(small), dominant(small)
	for _, s := range q.Specs {
		from := crop
		if s.Shape != Square {
			from = whole
		}
		if err := p.render(ctx, from, s); err != nil {
			return Picture{}, err
		}
	}
	return p, nil
}

// pyramids decodes the file. What it returns is small, and the large picture is let go.
func (r Renderer) pyramids(
	ctx context.Context, file []byte, h *Header, square image.Rectangle, all bool,
) (crop, whole pyramid, err error) {
	w := window{part: h.stored(square), step: shrinkFactor(float64(square.Dx()) / Longest)}
	if all {
		longer := max(h.width, h.height)
		w = window{h.stored(h.upright()), min(w.step, shrinkFactor(float64(longer)/Longest))}
	}
	decoded, err := r.decode(ctx, file, *h, w)
	if err != nil {
		return pyramid{}, pyramid{}, err
	}
	colours, _ := newProfile(h.profile)
	crop, err = newPyramid(ctx, decoded, h, square, colours)
	if err == nil && all {
		whole, err = newPyramid(ctx, decoded, h, h.upright(), colours)
	}
	return crop, whole, err
}

// render adds one rendition. One that has been made for another Spec is used again.
func (p *Picture) render(ctx context.Context, from pyramid, s Spec) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, h := from.size(s)
	for _, made := range p.Renditions {
		sameShape := (made.Spec.Shape == Square) == (s.Shape == Square)
		if sameShape && made.Width == w && made.Height == h && made.Spec.Type == s.Type {
			made.Spec = s
			p.Renditions = append(p.Renditions, made)
			return nil
		}
	}
	small, err := from.sized(ctx, w, h)
	if err != nil {
		return err
	}
	b, mediaType, err := encode(small, s.Type)
	if err != nil {
		return err
	}
	p.Renditions = append(p.Renditions, Rendition{Spec: s, Type: mediaType, Width: w, Height: h, Bytes: b})
	return nil
}
