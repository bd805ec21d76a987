package imaging

import (
	"bytes"
	"image/png"

	"github.com/gen2brain/jpegn"

	"cameo/storage/fault"
)

// quality of the JPEGs that are served, of 100.
const quality = 90

// encode returns the bytes of a settled raster and their media type. Nothing but pixels is written.
func encode(r raster, mediaType string) ([]byte, string, error) {
	if mediaType == "" {
		mediaType = JPEG
		if r.model == rgba {
			mediaType = PNG
		}
	}
	var b bytes.Buffer
	var err error
	switch mediaType {
	case JPEG:
		err = jpegn.Encode(&b, r.onWhite().image(), &jpegn.EncodeOptions{Quality: quality})
	case PNG:
		err = png.Encode(&b, r.nrgba())
	case WebP:
		err = encodeWebP(&b, r.nrgba())
	}
	if err != nil {
		return nil, "", fault.Wrap(err, fault.Internal, "the picture cannot be encoded")
	}
	return b.Bytes(), mediaType, nil
}
