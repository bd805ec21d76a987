package imaging

import "image"

// turn returns the upright form of a square that is stored in an orientation of EXIF.
func turn(square *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return square
	}
	last := square.Rect.Dx() - 1
	upright := image.NewRGBA(square.Rect)
	for y := 0; y <= last; y++ {
		for x := 0; x <= last; x++ {
			sx, sy := stored(x, y, last, orientation)
			copy(upright.Pix[upright.PixOffset(x, y):][:4], square.Pix[square.PixOffset(sx, sy):][:4])
		}
	}
	return upright
}

// stored says where the upright picture's pixel (x, y) is stored.
func stored(x, y, last, orientation int) (sx, sy int) {
	switch orientation {
	case 2: // mirrored
		return last - x, y
	case 3: // upside down
		return last - x, last - y
	case 4: // mirrored and upside down
		return x, last - y
	case 5: // mirrored along the falling diagonal
		return y, x
	case 6: // to be turned clockwise
		return y, last - x
	case 7: // mirrored along the rising diagonal
		return last - y, last - x
	case 8: // to be turned counter-clockwise
		return last - y, x
	default:
		return x, y
	}
}
