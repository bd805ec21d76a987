package imaging

// header is what a file says of itself without being decoded.
type header struct {
	mediaType     string
	width, height int // as stored, before orientation
	scans         int // of a JPEG
	frames        int
	orientation   int  // as EXIF counts, 1 to 8; 1 is upright
	pixelBytes    int  // that decoding takes a pixel, at the peak
	rgb           bool // a JPEG whose colours are not YCbCr
}

// inspect walks through a file's structure and judges it. It reads each byte at most once and allocates
// nothing.
func inspect(b []byte, l Limits) (header, error) {
	mediaType, ok := Sniff(b)
	if !ok {
		return header{}, NotAnImage.Fault()
	}
	h := header{mediaType: mediaType, frames: 1, orientation: 1}
	var err error
	switch mediaType {
	case JPEG:
		err = h.readJPEG(b)
	case PNG:
		err = h.readPNG(b)
	case GIF:
		h.pixelBytes = gifPixelBytes
		err = h.readGIF(b)
	case WebP:
		err = h.readWebP(b)
	}
	if err != nil {
		return header{}, err
	}
	return h, h.judge(l)
}

func (h header) judge(l Limits) error {
	pixels := int64(h.width) * int64(h.height)
	switch {
	case min(h.width, h.height) < l.MinSide:
		return TooSmall.Fault()
	case max(h.width, h.height) > l.Side || pixels > l.Pixels:
		return TooManyPixels.Fault()
	case h.scans > l.Scans:
		return TooManyScans.Fault()
	case h.frames > l.Frames || h.frames > 1 && pixels*int64(h.frames) > l.FramePixels:
		return TooManyFrames.Fault()
	}
	return nil
}

// upright is the size after orientation.
func (h header) upright() (width, height int) {
	if h.orientation >= 5 {
		return h.height, h.width
	}
	return h.width, h.height
}
