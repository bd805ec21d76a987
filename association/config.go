package association

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// Config is what a Service and a Worker are made of.
type Config struct {
	Album      Album
	Queue      Queue
	Directory  Directory
	Register   Register
	HEIF       imaging.Engine // nil: HEIC and AVIF are refused
	People     People
	Identities Identities
	Secrets    Secrets
	Audit      AuditLog
	Uploads    Uploads
	Versions   Versions
	Tx         Tx
	Originals  Originals
	Blobs      storage.Blobs // where renditions lie
	Holds      storage.Holds
	Trash      storage.Trash
	Clock      storage.Clock
	Random     io.Reader    // crypto/rand's Reader outside of tests
	Log        *slog.Logger // nil: silent
	Wake       func()       // called after a photo became pending, the Worker's Wake; nil: none
	Limits     Limits
	Sessions   SessionLimits

	// Make makes squares in the Sizes of Limits, a Maker's Make; nil if there are none.
	Make func(ctx context.Context, p Photo, pixels int) (Photo, error)
}

// Formats are those of the pictures that can be photos.
func (c Config) Formats() imaging.Formats { return imaging.Formats{HEIF: c.HEIF != nil} }

// Limits bounds what photos may take: bytes, pixels, time and attempts.
type Limits struct {
	Closed    bool           // unknown people are refused, instead of created on first sight
	MaxPhoto  int64          // bytes of an original
	Picture   imaging.Limits // what an original may make a decoder do
	Sizes     []int          // of squares that are made when they are asked for, in pixels
	Cache     int64          // bytes of small renditions that are kept in memory
	Retention time.Duration  // how long an original that no photo uses any more is kept
	Audit     time.Duration  // how long the audit log remembers; 0: for ever
	Slots     int            // pictures that are worked on at once
	Queue     int            // squares that are asked for and may wait for a slot
	Memory    int64          // bytes that they may take together, as their headers let expect
	Lease     time.Duration  // how long a claimed photo is its worker's; a picture takes less
	Backoff   time.Duration  // before the second attempt; four times as long before each further one
	Tries     int            // attempts before a photo fails
	Poll      time.Duration  // how often the worker looks for photos that nobody woke it for
}

// DefaultLimits are the limits of an instance that is told nothing else; Slots is the number of cores.
func DefaultLimits(cores int) Limits {
	return Limits{
		MaxPhoto:  64 << 20,
		Picture:   imaging.DefaultLimits(),
		Cache:     16 << 20,
		Retention: 7 * 24 * time.Hour,
		Audit:     DefaultAudit,
		Slots:     max(cores, 1),
		Queue:     64,
		Memory:    512 << 20,
		Lease:     2 * time.Minute,
		Backoff:   10 * time.Second,
		Tries:     3,
		Poll:      2 * time.Second,
	}
}

// Fit is nil for an original of so many bytes, or of storage.Unknown, and TooLarge for one of more than
// MaxPhoto.
func (l Limits) Fit(bytes int64) error {
	if bytes <= l.MaxPhoto {
		return nil
	}
	return fault.New(fault.TooLarge, "the picture's file has %s; a photo may have %s",
		storage.Size(bytes), storage.Size(l.MaxPhoto)).Because(string(imaging.TooLarge))
}

// mostSizes bounds what strangers can have made of one photo.
const mostSizes = 32

// Validate says which limit makes no sense.
func (l Limits) Validate() error {
	switch {
	case l.MaxPhoto < 1 || l.MaxPhoto > 1<<30:
		return fmt.Errorf("max-photo: want 1 byte to 1GiB")
	case l.Queue < 0:
		return fmt.Errorf("queue: want at least 0")
	case l.Slots < 1:
		return fmt.Errorf("slots: want at least 1")
	case l.Memory < 64<<20:
		return fmt.Errorf("photo-memory: want at least 64MiB")
	case slices.ContainsFunc(l.Sizes, func(n int) bool { return n < 16 || n > imaging.Longest }):
		return fmt.Errorf("sizes: want pixels from 16 to %d", imaging.Longest)
	case l.Audit < 0:
		return fmt.Errorf("audit-retention: want a duration that is not below zero")
	case len(l.Sizes) > mostSizes:
		return fmt.Errorf("sizes: want at most %d", mostSizes)
	case l.Cache < 0:
		return fmt.Errorf("photo-cache: want a number of bytes that is not below zero")
	case l.Tries < 1:
		return fmt.Errorf("tries: want at least 1")
	case l.Retention <= 0 || l.Lease <= 0 || l.Backoff <= 0 || l.Poll <= 0:
		return fmt.Errorf("a duration of the photo limits is not above zero")
	}
	return nil
}
