package imaging

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"

	"cameo/storage/fault"
)

// quality of the JPEGs that are served.
const quality = 90

// Rendered is a picture as it is served, and what was learned of its source.
type Rendered struct {
	Bytes         []byte
	Type          string // PNG if any pixel is translucent, else JPEG
	Width, Height int
	SourceType    string // as the signature says
	SourceWidth   int    // upright
	SourceHeight  int
}

// Square reads a picture and returns its upright centre square of size × size pixels, smaller if the source
// is. Content that is not accepted is Unsupported or TooLarge with a Reason; an error of r is returned as
// it is. A call waits until m has room for it and cannot be stopped while it decodes; while it waits it holds
// the file and no more.
func Square(ctx context.Context, r io.Reader, size int, l Limits, m *Memory) (Rendered, error) {
	b, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return Rendered{}, err
	}
	if int64(len(b)) > l.Bytes {
		return Rendered{}, TooLarge.Fault()
	}
	h, err := inspect(b, l)
	if err != nil {
		return Rendered{}, err
	}
	if err := ctx.Err(); err != nil {
		return Rendered{}, err
	}
	peak := h.memory(len(b), size)
	if err := m.take(ctx, peak); err != nil {
		return Rendered{}, err
	}
	defer m.give(peak)
	source, err := decode(b, h)
	if err != nil {
		return Rendered{}, err
	}
	// A centre square is the same one in every orientation, so only the small picture need be turned.
	out := Rendered{SourceType: h.mediaType}
	out.SourceWidth, out.SourceHeight = h.upright()
	return out.encode(turn(shrink(source, size), h.orientation))
}

// shrink scales the centre square down, never up. Each pixel is made of all the source's pixels that it
// covers: less would alias.
func shrink(source image.Image, size int) *image.RGBA {
	b := source.Bounds()
	side := min(b.Dx(), b.Dy())
	corner := b.Min.Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
	from := image.Rectangle{Min: corner, Max: corner.Add(image.Pt(side, side))}
	size = min(size, side)
	small := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.CatmullRom.Scale(small, small.Bounds(), source, from, draw.Src, nil)
	return small
}

// encode adds the bytes. Translucent pictures stay translucent; nothing but pixels is written.
func (out Rendered) encode(small *image.RGBA) (Rendered, error) {
	var b bytes.Buffer
	var err error
	if small.Opaque() {
		out.Type = JPEG
		err = jpeg.Encode(&b, small, &jpeg.Options{Quality: quality})
	} else {
		out.Type = PNG
		err = png.Encode(&b, small)
	}
	if err != nil {
		return Rendered{}, fault.Wrap(err, fault.Internal, "the picture cannot be encoded")
	}
	out.Bytes, out.Width, out.Height = b.Bytes(), small.Rect.Dx(), small.Rect.Dy()
	return out, nil
}
