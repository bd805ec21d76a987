package igloo

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"cameo/storage/fault"
)

// part is what a GET wants of a file: n bytes from off on.
type part struct {
	off, n  int64
	partial bool
}

func (p part) status() int {
	if p.partial {
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// wanted reads Range and If-Range (RFC 9110, sections 13.1.5 and 14.2). A Range that asks for several
// parts, in another unit or in a form that cannot be read is passed over, as the RFC allows, and so is one
// of another method than GET: the whole file is the answer. One that begins behind the end is WrongOffset.
func wanted(r *http.Request, tag string, length int64) (part, error) {
	whole := part{off: 0, n: length}
	unit, spec, _ := strings.Cut(r.Header.Get("Range"), "=")
	if r.Method != http.MethodGet || !strings.EqualFold(unit, "bytes") || strings.Contains(spec, ",") {
		return whole, nil
	}
	if same := r.Header.Get("If-Range"); same != "" && same != tag {
		return whole, nil
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	from, okFrom := position(first)
	to, okTo := position(last)
	switch {
	case !ok, first == "" && last == "", first != "" && !okFrom, last != "" && !okTo:
		return whole, nil
	case first != "" && last != "" && to < from:
		return whole, nil
	case first == "" && to == 0, first != "" && from >= length:
		return whole, fault.New(fault.WrongOffset, "the file has %d bytes", length).About("Range")
	case first == "":
		n := min(to, length)
		return part{length - n, n, true}, nil
	case last == "":
		return part{from, length - from, true}, nil
	}
	return part{from, min(to, length-1) - from + 1, true}, nil
}

// position reads digits only. One that no number type holds is as good as the largest: no file is so long.
func position(s string) (int64, bool) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}
