package storage

import (
	"strconv"
	"strings"

	"cameo/storage/fault"
)

// ContentRange is what a Content-Range header of a request says (RFC 9110, section 14.4).
type ContentRange struct {
	From, To int64 // half-open, in bytes; both 0 in a Query
	Total    int64 // the whole's length, or Unknown for '*'
	Query    bool  // "bytes */L": no bytes, a question how far the upload has come
}

// ParseContentRange reads exactly "bytes a-b/L", "bytes a-b/*", "bytes */L" or "bytes */*". The unit's case
// does not matter; any other deviation is Malformed, which says what is wrong.
func ParseContentRange(s string) (ContentRange, error) {
	unit, rest, ok := strings.Cut(s, " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return ContentRange{}, rangeFault(`it must begin with "bytes "`)
	}
	span, size, ok := strings.Cut(rest, "/")
	if !ok {
		return ContentRange{}, rangeFault(`"/" and the total length are missing`)
	}
	r := ContentRange{Total: Unknown}
	if size != "*" {
		n, ok := digits(size)
		if !ok {
			return ContentRange{}, rangeFault("the total length is no number of bytes")
		}
		r.Total = n
	}
	if span == "*" {
		r.Query = true
		return r, nil
	}
	first, last, ok := strings.Cut(span, "-")
	a, okA := digits(first)
	b, okB := digits(last)
	switch {
	case !ok || !okA || !okB:
		return ContentRange{}, rangeFault("the range must be two byte positions, first-last")
	case b < a:
		return ContentRange{}, rangeFault("the last byte lies before the first")
	case r.Total != Unknown && r.Total <= b:
		return ContentRange{}, rangeFault("the last byte lies outside the total length")
	}
	r.From, r.To = a, b+1
	return r, nil
}

// digits reads a byte count that leaves room for arithmetic: at most 2^62.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 19 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= 1<<62
}

func rangeFault(why string) error {
	return fault.New(fault.Malformed, "Content-Range: %s; want bytes FIRST-LAST/TOTAL", why).
		About("Content-Range")
}
