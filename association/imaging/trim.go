package imaging

import (
	"context"
	"image"

	"cameo/storage/fault"
)

// LongestTrim is the longest side of what Trim makes, in pixels.
const LongestTrim = 2048

// Trim returns the file's picture in exactly the size, upright: as much around its centre as has that shape,
// scaled up if need be. It is a JPEG, or a PNG if the picture is translucent; of an animation it is the first
// frame. A wrong size is Invalid, and a file that is not accepted is refused as by Render.
func (r Renderer) Trim(ctx context.Context, file []byte, width, height int) (Rendition, error) {
	if min(width, height) < 1 || max(width, height) > LongestTrim {
		return Rendition{}, fault.New(fault.Invalid, "a side has 1 to %d pixels", LongestTrim)
	}
	h, err := r.Judge(file)
	if err != nil {
		return Rendition{}, err
	}
	need := h.memory(len(file)) + int64(width)*int64(height)*scaledPixelBytes
	if err := r.Memory.take(ctx, need); err != nil {
		return Rendition{}, err
	}
	defer r.Memory.give(need)
	part := centre(h.upright(), width, height)
	longer := float64(max(part.Dx(), part.Dy()))
	decoded, err := r.decode(ctx, file, h, window{part: h.stored(part), step: shrinkFactor(longer / Longest)})
	if err != nil {
		return Rendition{}, err
	}
	colours, _ := newProfile(h.profile)
	p, err := newPyramid(ctx, decoded, &h, part, colours)
	if err != nil {
		return Rendition{}, err
	}
	small, err := p.sized(ctx, width, height)
	if err != nil {
		return Rendition{}, err
	}
	b, mediaType, err := encode(small, "")
	if err != nil {
		return Rendition{}, err
	}
	return Rendition{Type: mediaType, Width: width, Height: height, Bytes: b}, nil
}

// centre is the largest part around the centre of a picture that has the shape of width × height.
func centre(picture image.Rectangle, width, height int) image.Rectangle {
	w, h := picture.Dx(), picture.Dy()
	if w*height > h*width {
		w = max(h*width/height, 1)
	} else {
		h = max(w*height/width, 1)
	}
	x, y := picture.Min.X+(picture.Dx()-w)/2, picture.Min.Y+(picture.Dy()-h)/2
	return image.Rect(x, y, x+w, y+h)
}
