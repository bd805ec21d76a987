package storage

import (
	"fmt"
	"time"
)

// Limits bounds what uploads may take: bytes, time and room.
type Limits struct {
	MaxSize   int64         // bytes of one upload
	Quota     Quota         // what one owner may have
	Expiry    time.Duration // from creation until an unfinished upload expires
	Tombstone time.Duration // how long a dead upload's key answers Gone
	Retention time.Duration // how long a complete upload that nobody holds is kept
	Inline    int64         // bytes of a seal that may ride in the row, if the store allows it
	Memory    int64         // bytes of all uploads that have arrived and are not durable yet
	Seal      time.Duration // bytes are made durable at least this often
	Settle    time.Duration // how long a status query waits for a running write to end
	Commit    time.Duration // how long one commit or deletion may take
}

// DefaultLimits are the limits of an instance that is told nothing else.
func DefaultLimits() Limits {
	return Limits{
		MaxSize:   512 << 20,
		Quota:     Quota{Open: 100, Bytes: 100 << 30, Day: 20 << 30, Deferred: 512 << 20},
		Expiry:    72 * time.Hour,
		Tombstone: 24 * time.Hour,
		Retention: 7 * 24 * time.Hour,
		Inline:    1 << 20,
		Memory:    256 << 20,
		Seal:      10 * time.Second,
		Settle:    1500 * time.Millisecond,
		Commit:    30 * time.Second,
	}
}

// Validate says which limit makes no sense.
func (l Limits) Validate() error {
	switch {
	case l.MaxSize < 1 || l.MaxSize > 1<<40:
		return fmt.Errorf("max-size: want 1 byte to 1 TiB")
	case l.Memory < 16<<20:
		return fmt.Errorf("memory: want at least 16MiB")
	case l.Inline < 0 || l.Inline > 16<<20:
		return fmt.Errorf("inline-limit: want 0 to 16MiB")
	case min(int64(l.Quota.Open), l.Quota.Bytes, l.Quota.Day, l.Quota.Deferred) < 0:
		return fmt.Errorf("a quota is negative")
	}
	for _, d := range []struct {
		name string
		d    time.Duration
	}{
		{"expiry", l.Expiry},
		{"tombstone", l.Tombstone},
		{"retention", l.Retention},
		{"seal", l.Seal},
		{"settle", l.Settle},
		{"commit", l.Commit},
	} {
		if d.d <= 0 {
			return fmt.Errorf("%s: want a duration above zero, such as 72h", d.name)
		}
	}
	return nil
}
