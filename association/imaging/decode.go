package imaging

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// decode returns the pixels of a file that was judged.
func decode(b []byte, h header) (source image.Image, err error) {
	// The decoders are other people's code, fed with strangers' bytes: a panic of theirs costs this picture,
	// not the process.
	defer func() {
		if recover() != nil {
			source, err = nil, NotAnImage.Fault()
		}
	}()
	r := bytes.NewReader(b)
	switch h.mediaType {
	case JPEG:
		source, err = jpeg.Decode(r)
	case PNG:
		source, err = png.Decode(r)
	case GIF:
		source, err = gif.Decode(r) // the first frame
	case WebP:
		source, err = webp.Decode(r)
	}
	if err != nil {
		return nil, refusal(err)
	}
	return onCanvas(source, h), nil
}

func refusal(err error) error {
	var rareJPEG jpeg.UnsupportedError
	var rarePNG png.UnsupportedError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Truncated.because(err)
	case errors.As(err, &rareJPEG), errors.As(err, &rarePNG):
		return UnsupportedCoding.because(err)
	}
	return NotAnImage.because(err)
}

// onCanvas puts a frame that covers only a part of a GIF's screen where it belongs.
func onCanvas(frame image.Image, h header) image.Image {
	screen := image.Rect(0, 0, h.width, h.height)
	if frame.Bounds() == screen {
		return frame
	}
	canvas := image.NewRGBA(screen)
	draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return canvas
}
