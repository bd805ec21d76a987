package imaging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// decode returns the pixels of a file that was judged, at least those of w.
func (r Renderer) decode(ctx context.Context, file []byte, h Header, w window) (s source, err error) {
	// The decoders are other people's code, fed with strangers' bytes: a panic of theirs costs this picture,
	// not the process.
	defer func() {
		if e := recover(); e != nil {
			s, err = source{}, Damaged.because(fmt.Errorf("a decoder panicked: %v", e))
		}
	}()
	if h.Type == JPEG {
		planar, err := decodeJPEG(file, h, w)
		return source{planar: planar}, refusal(ctx, err)
	}
	m, err := r.decodeImage(ctx, file, h)
	if err != nil {
		return source{}, refusal(ctx, err)
	}
	if m.Bounds().Dx() != h.width || m.Bounds().Dy() != h.height {
		return source{}, Damaged.because(errors.New("it has another size than was judged"))
	}
	if planar, ok := planesOf(m); ok {
		if h.Type == WebP {
			planar.model = studio
		}
		return source{planar: planar}, nil
	}
	in := interleave(m)
	return source{interleaved: &in}, nil
}

// decodeImage decodes what comes as one of the standard library's pictures.
func (r Renderer) decodeImage(ctx context.Context, file []byte, h Header) (image.Image, error) {
	from := &cancellable{ctx, bytes.NewReader(file)}
	switch h.Type {
	case PNG:
		return png.Decode(from)
	case GIF:
		frame, err := gif.Decode(from) // the first frame
		if err != nil {
			return nil, err
		}
		return onCanvas(frame, h), nil
	case WebP:
		m, err := webp.Decode(from)
		if translucent, ok := m.(*image.NYCbCrA); ok {
			widen(translucent.Y, translucent.Cb, translucent.Cr)
		}
		return m, err
	}
	return r.HEIF.Decode(ctx, file)
}

// cancellable ends a decoder that is still reading when its context ends.
type cancellable struct {
	ctx  context.Context
	from io.Reader
}

func (c *cancellable) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.from.Read(b)
}

// refusal says what an error of a decoder means.
func refusal(ctx context.Context, err error) error {
	var rareJPEG jpeg.UnsupportedError
	var rarePNG png.UnsupportedError
	switch {
	case err == nil, ctx.Err() != nil:
		return errors.Join(err, ctx.Err())
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Truncated.because(err)
	case errors.As(err, &rareJPEG), errors.As(err, &rarePNG):
		return UnsupportedCoding.because(err)
	}
	return Damaged.because(err)
}

// onCanvas puts a frame that covers only a part of a GIF's screen where it belongs.
func onCanvas(frame image.Image, h Header) image.Image {
	screen := image.Rect(0, 0, h.width, h.height)
	if frame.Bounds() == screen {
		return frame
	}
	canvas := image.NewRGBA(screen)
	draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return canvas
}

// planesOf takes the planes of a picture that has some. They are used as they are, not copied.
func planesOf(m image.Image) (raster, bool) {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	switch m := m.(type) {
	case *image.Gray:
		return raster{gray, []plane{{m.Pix[m.PixOffset(m.Rect.Min.X, m.Rect.Min.Y):], m.Stride, w, h, 1, 1}}}, true
	case *image.YCbCr:
		stepX, stepY := chromaSteps(m.SubsampleRatio)
		y, c := m.YOffset(m.Rect.Min.X, m.Rect.Min.Y), m.COffset(m.Rect.Min.X, m.Rect.Min.Y)
		cw, ch := ceilDiv(w, stepX), ceilDiv(h, stepY)
		return raster{ycbcr, []plane{
			{m.Y[y:], m.YStride, w, h, 1, 1},
			{m.Cb[c:], m.CStride, cw, ch, stepX, stepY},
			{m.Cr[c:], m.CStride, cw, ch, stepX, stepY},
		}}, true
	}
	return raster{}, false
}

// chromaSteps are the pixels that a sample of colour covers.
func chromaSteps(r image.YCbCrSubsampleRatio) (x, y int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	default:
		return 1, 1
	}
}
