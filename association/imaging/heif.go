package imaging

import (
	"context"
	"image"
	"io"
)

// Engine decodes the pictures that this package recognises and cannot read itself: HEIC and AVIF. It is fed
// with strangers' bytes and must not panic.
type Engine interface {
	// Size reads from a file's head how many pixels wide and high the upright picture is, in time and memory
	// that do not depend on that.
	Size(file []byte) (width, height int, err error)
	// Decode returns the upright picture of that size in sRGB. The file passed the limits.
	Decode(ctx context.Context, file []byte) (image.Image, error)
}

// readHEIF asks the engine, if there is one.
func (r Renderer) readHEIF(w *walker, h *Header) error {
	if r.HEIF == nil {
		return UnsupportedFormat.Fault()
	}
	file, err := io.ReadAll(w.from)
	if err != nil {
		return err
	}
	if h.width, h.height, err = r.HEIF.Size(file); err != nil {
		return Damaged.because(err)
	}
	h.pixelBytes = heifPixelBytes
	return nil
}
