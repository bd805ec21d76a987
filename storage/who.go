package storage

import (
	"strconv"
	"time"

	"cameo/storage/fault"
)

// Community is the number of a digital workplace: the tenant to which every row belongs.
type Community int64

// ParseCommunity reads a Community from digits. What is no positive number is NotFound: there is no such
// community.
func ParseCommunity(s string) (Community, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || s[0] == '+' || s[0] == '0' {
		return 0, fault.New(fault.NotFound, "there is no such community")
	}
	return Community(n), nil
}

// String is the community's digits.
func (c Community) String() string { return strconv.FormatInt(int64(c), 10) }

// Subject is whoever owns an upload, as opaque text. Storage knows no people.
type Subject string

// ID names an upload together with its community, so that no query can forget to whom it belongs.
type ID struct {
	Community Community
	Key       Key
}

// Millis is a point in time: milliseconds since 1970 in UTC. 0 is never.
type Millis int64

// Clock tells the time. Only boot reads the machine's clock.
type Clock func() Millis

// At is t in Millis.
func At(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time is m as a time.Time in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// Add is m and d later.
func (m Millis) Add(d time.Duration) Millis { return m + Millis(d.Milliseconds()) }
