//go:build nodynamic

package imaging

import (
	"image"
	"io"

	"github.com/gen2brain/webp"
)

// HasWebP says whether renditions can be WebP. The encoder is libwebp, translated into Go. Without the build
// tag nodynamic it would look for a library of the system, whose version would change our bytes, and the
// program would not be static any more: then it is left out.
const HasWebP = true

// qualityWebP is as good to the eye as quality is in a JPEG. effort is of 0 to 6: more of it takes
// much longer and saves little.
const (
	qualityWebP = 82
	effort      = 2
)

func encodeWebP(w io.Writer, m *image.NRGBA) error {
	return webp.Encode(w, m, webp.Options{Quality: qualityWebP, Method: effort})
}
