//go:build !nodynamic

package imaging

import (
	"errors"
	"image"
	"io"
)

// HasWebP says whether renditions can be WebP: this program was built without the tag nodynamic, so they
// cannot.
const HasWebP = false

func encodeWebP(io.Writer, *image.NRGBA) error {
	return errors.New("the program was built without the tag nodynamic")
}
