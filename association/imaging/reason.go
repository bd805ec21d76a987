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
	Truncated         Reason = "truncated"
	TypeMismatch      Reason = "type_mismatch"
	NotAnImage        Reason = "not_an_image"
	UnsupportedColour Reason = "unsupported_colour"
	UnsupportedCoding Reason = "unsupported_coding"
	RenderFailed      Reason = "render_failed"
)

var sentences = map[Reason]string{
	TooLarge:          "the picture's file is larger than the limit",
	TooManyPixels:     "the picture has too many pixels",
	TooSmall:          "the picture is too small: at least 16 by 16 pixels are needed",
	TooManyScans:      "the JPEG has more scans than any camera makes",
	TooManyFrames:     "the animation has too many frames; send a still picture",
	Truncated:         "the picture's file ends too early",
	TypeMismatch:      "the file is another type of picture than was declared",
	NotAnImage:        "the file is no picture in JPEG, PNG, GIF or WebP",
	UnsupportedColour: "the picture's colours cannot be read; send it in RGB, 8 bits a channel",
	UnsupportedCoding: "the picture is coded in a rare way; save it again as an ordinary JPEG or PNG",
	RenderFailed:      "the picture could not be prepared; please send it again",
}

// Reasons lists every Reason.
func Reasons() []Reason {
	return []Reason{
		TooLarge, TooManyPixels, TooSmall, TooManyScans, TooManyFrames, Truncated, TypeMismatch, NotAnImage,
		UnsupportedColour, UnsupportedCoding, RenderFailed,
	}
}

// Sentence says the reason in plain words.
func (r Reason) Sentence() string {
	if s, ok := sentences[r]; ok {
		return s
	}
	return "the picture is not accepted"
}

// Fault is the refusal as an error: TooLarge for a file over the limit, else Unsupported.
func (r Reason) Fault() *fault.Error { return r.because(nil) }

// because adds the cause for the log.
func (r Reason) because(cause error) *fault.Error {
	kind := fault.Unsupported
	if r == TooLarge {
		kind = fault.TooLarge
	}
	return fault.Wrap(cause, kind, "%s", r.Sentence()).Because(string(r))
}
