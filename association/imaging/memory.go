package imaging

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"cameo/storage/fault"
)

// ErrNoMemory is in the chain of the Unavailable error of a picture that waited in vain for others to be
// done. That says nothing of the picture.
var ErrNoMemory = errors.New("no memory became free")

// Memory is what all pictures that are decoded at once may take together.
type Memory struct {
	size  int64 // bytes
	free  *semaphore.Weighted
	taken atomic.Int64
}

// NewMemory returns a Memory of so many bytes, all of them free.
func NewMemory(bytes int64) *Memory { return &Memory{size: bytes, free: semaphore.NewWeighted(bytes)} }

// take waits until n bytes are free, in the order of asking, and takes them. More than there ever are is
// TooManyPixels.
func (m *Memory) take(ctx context.Context, n int64) error {
	if n > m.size {
		return TooManyPixels.Fault()
	}
	if err := m.free.Acquire(ctx, n); err != nil {
		return fault.Wrap(errors.Join(ErrNoMemory, err), fault.Unavailable, "too many pictures are being prepared")
	}
	m.taken.Add(n)
	return nil
}

func (m *Memory) give(n int64) {
	m.taken.Add(-n)
	m.free.Release(n)
}

// Taken is how many bytes the pictures take that are decoded now.
func (m *Memory) Taken() int64 { return m.taken.Load() }

// memory estimates the bytes that a judged picture takes at the peak: the file, twice because decoders copy
// it, its prefix codes, its pixels as the decoder keeps them, what the scaler holds of them, and the
// renditions.
func (h *Header) memory(file int) int64 {
	each := h.pixelBytes
	if h.jpeg.rgb() {
		each += rgbPixelBytes
	}
	pixels := int64(h.width) * int64(h.height)
	decoded := pixels*int64(each) + int64(h.codes)
	return 2*int64(file) + decoded + min(pixels, scaledPixels)*scaledPixelBytes + renditionBytes
}

const (
	// scaledPixels is what is left of the largest picture after shrinking.
	scaledPixels = int64(2 * finest * Longest * 2 * finest * Longest)
	// scaledPixelBytes is what the scaler holds of such a pixel: four channels, and one between its passes.
	scaledPixelBytes = 5
	// renditionBytes is what the levels of two pyramids take, the encoders, and what they return.
	renditionBytes = 8 << 20
)

// jpegPixelBytes: a byte a sample; a progressive one keeps four more of each, its coefficients, until the
// last scan. The samples of a pixel depend on how coarse the colours are. components are
// those of the frame header, three bytes each: name, sampling, table.
func jpegPixelBytes(components []byte, progressive bool) int {
	sum, across, down := 0, 1, 1
	for c := components; len(c) >= 3; c = c[3:] {
		x, y := int(c[1]>>4), int(c[1]&15)
		sum, across, down = sum+x*y, max(across, x), max(down, y)
	}
	if len(components) == 3 { // one component is never subsampled, whatever it says
		sum, across, down = 1, 1, 1
	}
	if progressive {
		sum *= 5
	}
	return (sum + across*down - 1) / (across * down)
}

// pngPixelBytes: gray may turn out translucent, so only a palette is sure to stay at a byte. The passes of an
// interlaced one are decoded apart from the whole.
func pngPixelBytes(depth, colour, interlace byte) int {
	n := 4
	switch {
	case colour == 3:
		n = 1
	case depth == 16:
		n = 8
	}
	if interlace != 0 {
		n *= 2
	}
	return n
}

const (
	rgbPixelBytes   = 4 // the copy that the decoder makes of a JPEG that is not YCbCr
	gifPixelBytes   = 6 // an index, another while interlaced rows are sorted, and a canvas
	vp8PixelBytes   = 2 // 4:2:0
	vp8lPixelBytes  = 8 // the pixels, and their copy in the last transform
	heifPixelBytes  = 8 // an engine's own planes, and the picture that it returns
	alphaPixelBytes = 9 // an alpha plane is a lossless picture of its own, and then a byte
)
