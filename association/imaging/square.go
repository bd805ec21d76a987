package imaging

import (
	"context"
	"io"
)

// Rendered is a picture as it is served, and what was learned of its source.
type Rendered struct {
	Bytes         []byte
	Type          string // PNG if any pixel is translucent, else JPEG
	Width, Height int
	SourceType    string // as the signature says
	SourceWidth   int    // upright
	SourceHeight  int
}

// RenderSquare reads a picture and returns its upright centre square of size × size pixels, smaller if the
// source is. It fails as Render does; an error of from is returned as it is.
func (r Renderer) RenderSquare(ctx context.Context, from io.Reader, size int) (Rendered, error) {
	file, err := io.ReadAll(io.LimitReader(from, r.Limits.Bytes+1))
	if err != nil {
		return Rendered{}, err
	}
	p, err := r.Render(ctx, file, Request{Specs: []Spec{{Pixels: size}}})
	if err != nil {
		return Rendered{}, err
	}
	made := p.Renditions[0]
	return Rendered{
		Bytes: made.Bytes, Type: made.Type, Width: made.Width, Height: made.Height,
		SourceType: p.Header.Type, SourceWidth: p.Header.Width, SourceHeight: p.Header.Height,
	}, nil
}
