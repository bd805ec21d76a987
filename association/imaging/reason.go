package imaging

import "cameo/storage/fault"

// Reason is the stable code of why a picture is refused. Clients may show words of their own for it.
type Reason string

// The reasons.
const (
	TooLarge          Reason = "too_large"
	TooManyPixels     Reason = "too_many_pixels"
	TooSmall          Reason = "too_small"
	TooManyScans      Reason = "too_many_scans"
	TooManyFrames     Reason = "too_many_frames"
	TooMuchMetadata   Reason = "too_much_metadata"
	Truncated         Reason = "truncated"
	Damaged           Reason = "damaged"
	TypeMismatch      Reason = "type_mismatch"
	NotAnImage        Reason = "not_an_image"
	UnsupportedFormat Reason = "unsupported_format"
	UnsupportedColour Reason = "unsupported_colour"
	UnsupportedCoding Reason = "unsupported_coding"
	BadCrop           Reason = "bad_crop"
	RenderFailed      Reason = "render_failed"
)

// refusals is the one table of what a Reason means.
var refusals = [...]struct {
	reason   Reason
	sentence string
}{
	{TooLarge, "the picture's file is larger than the limit"},
	{TooManyPixels, "the picture has too many pixels"},
	{TooSmall, "the picture is too small: at least 16 by 16 pixels are needed"},
	{TooManyScans, "the JPEG has more scans than any camera makes"},
	{TooManyFrames, "the animation has too many frames; send a still picture"},
	{TooMuchMetadata, "the file holds too much beside the picture; save it again without metadata"},
	{Truncated, "the picture's file ends too early"},
	{Damaged, "the picture's file is damaged"},
	{TypeMismatch, "the file is another type of picture than was declared"},
	{NotAnImage, "the file is no picture in JPEG, PNG, GIF or WebP"},
	{UnsupportedFormat, "pictures in HEIC and AVIF are not accepted; send it as JPEG, PNG, GIF or WebP"},
	{UnsupportedColour, "the picture's colours are for print or deeper than 8 bits; save it as a JPEG in RGB"},
	{UnsupportedCoding, "the picture is coded in a rare way; save it again as an ordinary JPEG or PNG"},
	{BadCrop, "the crop is not a square within the picture"},
	{RenderFailed, "the picture could not be prepared; please send it again"},
}

// Reasons lists every Reason.
func Reasons() []Reason {
	all := make([]Reason, len(refusals))
	for i, r := range refusals {
		all[i] = r.reason
	}
	return all
}

// Sentence says the reason in plain words.
func (r Reason) Sentence() string {
	for _, known := range refusals {
		if known.reason == r {
			return known.sentence
		}
	}
	return "the picture is not accepted"
}

// Fault is the refusal as an error: TooLarge for a file over the limit, Invalid for a wrong crop, else
// Unsupported.
func (r Reason) Fault() *fault.Error { return r.because(nil) }

// because adds the cause for the log.
func (r Reason) because(cause error) *fault.Error {
	kind := fault.Unsupported
	switch r {
	case TooLarge:
		kind = fault.TooLarge
	case BadCrop:
		kind = fault.Invalid
	}
	return fault.Wrap(cause, kind, "%s", r.Sentence()).Because(string(r))
}
