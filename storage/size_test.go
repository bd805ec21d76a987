package storage_test

import (
	"math"
	"testing"

	"cameo/storage"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size         storage.Size
		short, exact string
	}{
		{5, "5 bytes", "5 bytes"},
		{1000, "1 kB", "1000 bytes (1 kB)"},
		{1024, "1 KiB", "1024 bytes (1 KiB)"},
		{64 << 20, "64 MiB", "67108864 bytes (64 MiB)"},
		{64<<20 + 1, "67.1 MB", "67108865 bytes (67.1 MB)"},
		{100_000_000, "100 MB", "100000000 bytes (100 MB)"},
		{3 << 40, "3 TiB", "3298534883328 bytes (3 TiB)"},
		{math.MaxInt64, "9223372 TB", "9223372036854775807 bytes (9223372 TB)"},
	} {
		if got := c.size.String(); got != c.short {
			t.Errorf("%d: got %q, want %q", int64(c.size), got, c.short)
		}
		if got := c.size.Exact(); got != c.exact {
			t.Errorf("%d: got %q, want %q", int64(c.size), got, c.exact)
		}
	}
}
