package imaging

import (
	"bytes"
	"fmt"
	"image"
	"io"
)

// Header is what a file says of itself without being decoded.
type Header struct {
	Type          string // media type, as the signature says
	Width, Height int    // of the upright picture, in pixels
	Orientation   int    // of the stored one as EXIF counts, 1 to 8; 1 is upright
	Frames        int
	Progressive   bool // a JPEG of several scans, each finer than the one before

	width, height int // as stored
	metadata      int // bytes
	profile       []byte
	pixelBytes    int // that decoding takes a pixel, at the peak
	codes         int // bytes that a decoder keeps of a lossless WebP's prefix codes
	jpeg          jpegFrame
}

// Judge is JudgeFrom for a file in memory. One that is larger than the limit is TooLarge.
func (r Renderer) Judge(file []byte) (Header, error) {
	if int64(len(file)) > r.Limits.Bytes {
		return Header{}, TooLarge.Fault()
	}
	return r.JudgeFrom(bytes.NewReader(file))
}

// JudgeFrom walks through a file's structure and judges it, without decoding: it reads each byte at most
// once, stops where the picture ends, and keeps no more of it than a window and the colour profile; but for
// HEIC and AVIF, of which it keeps all. How long the file may be is for the caller to bound. A file that
// passes may still turn out to be Damaged. A file that does not is Unsupported or TooLarge with a Reason; an
// error of the reader is returned as it is.
func (r Renderer) JudgeFrom(file io.Reader) (h Header, err error) {
	// As with decoders, what goes wrong here costs this picture, not the process.
	defer func() {
		if e := recover(); e != nil {
			h, err = Header{}, Damaged.because(fmt.Errorf("the walk panicked: %v", e))
		}
	}()
	w := walk(file)
	head, err := w.head(sniffed)
	if err != nil {
		return Header{}, err
	}
	mediaType, ok := Sniff(head)
	if !ok {
		return Header{}, NotAnImage.Fault()
	}
	h = Header{Type: mediaType, Frames: 1, Orientation: 1}
	switch mediaType {
	case JPEG:
		err = h.readJPEG(w, r.Limits)
	case PNG:
		err = h.readPNG(w, r.Limits)
	case GIF:
		err = h.readGIF(w)
	case WebP:
		err = h.readWebP(w, r.Limits)
	default:
		err = r.readHEIF(w, &h)
	}
	if err != nil {
		return Header{}, err
	}
	h.Width, h.Height = h.width, h.height
	if turns[h.Orientation].transposed {
		h.Width, h.Height = h.height, h.width
	}
	return h, h.judge(r.Limits)
}

func (h *Header) judge(l Limits) error {
	pixels := int64(h.width) * int64(h.height)
	switch {
	case min(h.width, h.height) < l.MinSide:
		return TooSmall.Fault()
	case !l.holds(h.width, h.height):
		return TooManyPixels.Fault()
	case h.jpeg.scans > l.Scans, !h.Progressive && h.jpeg.scans > h.jpeg.channels():
		return TooManyScans.Fault()
	case h.Frames > l.Frames || h.Frames > 1 && pixels*int64(h.Frames) > l.FramePixels:
		return TooManyFrames.Fault()
	case h.metadata > l.Metadata || len(h.profile) > l.Profile:
		return TooMuchMetadata.Fault()
	}
	return nil
}

// upright is the whole picture, in upright pixels.
func (h *Header) upright() image.Rectangle { return image.Rect(0, 0, h.Width, h.Height) }

// stored returns where a part of the upright picture is stored.
func (h *Header) stored(r image.Rectangle) image.Rectangle {
	return stored(r, h.Orientation, h.width, h.height)
}
