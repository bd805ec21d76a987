package fetch

import "time"

// Config is what a Fetcher needs.
type Config struct {
	// Sniff tells a picture's media type by its first 64 bytes.
	Sniff func(head []byte) (mediaType string, ok bool)

	Types  []string    // the media types that are accepted, as Sniff spells them
	Allow  []Exception // may be dialled although they are not public
	Limits Limits
}

// Limits bound one fetch, and all of them together.
type Limits struct {
	Bytes   int64         // of a picture
	Time    time.Duration // of a fetch with all its redirects, once it has begun
	Headers time.Duration // of each connecting, TLS handshake and wait for headers, within Time
	Floor   time.Duration // no failure of the network is told sooner, so that haste tells nothing
	AtOnce  int           // fetches that run at the same time; each may hold three times Bytes in memory
	Waiting int           // fetches that wait for their turn; one more is TooMany
	Wait    time.Duration // for the turn; after it the fetch is TooMany
}

// DefaultLimits allow 6 MiB in 10 s, four fetches at once and 32 that wait for 10 s.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 6 << 20, Time: 10 * time.Second, Headers: 5 * time.Second, Floor: time.Second,
		AtOnce: 4, Waiting: 32, Wait: 10 * time.Second,
	}
}

// Fixed bounds, which no deployment has a reason to change.
const (
	maxURL       = 2048     // characters
	maxHeaders   = 64 << 10 // bytes of an answer's headers
	maxRedirects = 3
	headBytes    = 64 // of a picture, enough to tell its type
	userAgent    = "Cameo"
)
