package imaging

import "strings"

// Refusal says why pictures of a declared media type, in any spelling, cannot be photos; "" if they can. Who
// declares what a phone makes by default is told what to send instead.
func (f Formats) Refusal(mediaType string) Reason {
	switch {
	case f.Accepted(mediaType):
		return ""
	case !f.HEIF && declaresHEIF(Canonical(mediaType)):
		return UnsupportedFormat
	}
	return NotAnImage
}

// declaresHEIF says whether a canonical media type is HEIC or AVIF, under whichever of their names.
func declaresHEIF(mediaType string) bool {
	still := strings.TrimSuffix(mediaType, "-sequence")
	return IsHEIF(still) || still == "image/heif"
}
