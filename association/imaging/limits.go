package imaging

// Limits bounds what a picture may make a decoder do. All are judged before decoding, because a decoder
// cannot be stopped.
type Limits struct {
	Bytes       int64 // of the file
	Pixels      int64 // of one frame
	Side        int   // the longer one, in pixels
	MinSide     int   // the shorter one, in pixels
	Scans       int   // of a progressive JPEG; any other has at most one for each channel
	Frames      int   // of a GIF
	FramePixels int64 // of a GIF: width × height × frames
	Profile     int   // bytes of the colour profile, inflated
	Codes       int   // bytes that decoding keeps of the prefix codes of a lossless WebP
	Metadata    int   // bytes of EXIF, XMP, comments and their like; what is skipped in a JPEG counts a little
}

// DefaultLimits let the photos of 48-megapixel phones pass.
func DefaultLimits() Limits {
	return Limits{
		Bytes:       64 << 20,
		Pixels:      50_000_000,
		Side:        16384,
		MinSide:     16,
		Scans:       100,
		Frames:      256,
		FramePixels: 200_000_000,
		Profile:     1 << 20,
		Codes:       16 << 20,
		Metadata:    1 << 20,
	}
}

// holds says whether a picture of the size has no more pixels and no longer side.
func (l Limits) holds(w, h int) bool {
	return max(w, h) <= l.Side && int64(w)*int64(h) <= l.Pixels
}
