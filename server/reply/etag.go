package reply

import (
	"fmt"
	"net/http"
	"strings"
)

// ETag is a strong validator for bytes with that CRC-64 and length.
func ETag(crc uint64, length int64) string { return fmt.Sprintf(`"%016x-%d"`, crc, length) }

// Matches says whether a request's If-None-Match names the tag, so that 304 is the answer (RFC 9110,
// section 13.1.2).
func Matches(request http.Header, tag string) bool {
	for one := range strings.SplitSeq(strings.Join(request.Values("If-None-Match"), ","), ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}
