package reply

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ETag is a strong validator for bytes with that CRC-64 and length.
func ETag(crc uint64, length int64) string {
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], crc)
	tag := hex.AppendEncode(append(make([]byte, 0, 40), '"'), sum[:])
	tag = strconv.AppendInt(append(tag, '-'), length, 10)
	return string(append(tag, '"'))
}

// Matches says whether a request's If-None-Match names the tag, so that 304 is the answer (RFC 9110,
// section 13.1.2).
func Matches(request http.Header, tag string) bool {
	for _, line := range request.Values("If-None-Match") {
		for one := range strings.SplitSeq(line, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// Unchanged is Matches, and for a request without If-None-Match says whether its If-Modified-Since is the
// time at which the bytes were last modified. A later time does not count: going back to an earlier photo is
// a change too.
func Unchanged(request http.Header, tag string, modified time.Time) bool {
	if request.Values("If-None-Match") != nil {
		return Matches(request, tag)
	}
	since := request.Get("If-Modified-Since")
	if since == "" || modified.IsZero() {
		return false
	}
	seen, err := http.ParseTime(since)
	return err == nil && seen.Equal(modified.Truncate(time.Second))
}
