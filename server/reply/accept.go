package reply

import (
	"net/http"
	"strconv"
	"strings"
)

// Prefers says whether a request's Accept names the media type itself, with a weight above zero that is not
// below that of other (RFC 9110, section 12.5.1). A wildcard does not name it: programs that accept anything
// send one, whatever they can show.
func Prefers(request http.Header, mediaType, other string) bool {
	lines := request.Values("Accept")
	if !mentions(lines, mediaType) {
		return false // most requests are done here
	}
	named, weight := accepted(lines, mediaType)
	_, rival := accepted(lines, other)
	return named && weight > 0 && weight >= rival
}

func mentions(lines []string, mediaType string) bool {
	for _, line := range lines {
		if strings.Contains(strings.ToLower(line), mediaType) {
			return true
		}
	}
	return false
}

// accepted is the weight that the most specific range of an Accept header gives a media type, and whether
// that range is the type itself.
func accepted(lines []string, mediaType string) (named bool, weight float64) {
	group, _, _ := strings.Cut(mediaType, "/")
	best := 0
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			rank := 0
			name, parameters, _ := strings.Cut(one, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case mediaType:
				rank = 3
			case group + "/*":
				rank = 2
			case "*/*":
				rank = 1
			}
			if rank > best {
				best, weight = rank, quality(parameters)
			}
		}
	}
	return best == 3, weight
}

// quality is the weight among a range's parameters: 1 if there is none, 0 if it cannot be read.
func quality(parameters string) float64 {
	for one := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
