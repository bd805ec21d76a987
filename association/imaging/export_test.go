package imaging

import (
	"context"
	"image"
)

// Take takes n bytes, as a picture does that is being decoded.
func (m *Memory) Take(ctx context.Context, n int64) error { return m.take(ctx, n) }

// Give gives n bytes back.
func (m *Memory) Give(n int64) { m.give(n) }

// Unencoded returns the centre square and the whole picture, at most Longest pixels a side, as they are before
// they are encoded: Gray, YCbCr or NRGBA.
func (r Renderer) Unencoded(ctx context.Context, file []byte) (square, all image.Image, err error) {
	h, err := r.Judge(file)
	if err != nil {
		return nil, nil, err
	}
	centre, err := Crop{}.within(h.upright())
	if err != nil {
		return nil, nil, err
	}
	crop, whole, err := r.pyramids(ctx, file, &h, centre, true)
	if err != nil {
		return nil, nil, err
	}
	return crop.levels[0].image(), whole.levels[0].image(), nil
}
