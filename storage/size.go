package storage

import (
	"fmt"
	"math"
	"strconv"
)

// Size is a number of bytes as people read it.
type Size int64

// String is the number in the largest unit that is counted in 1024 and makes it whole, such as 64 MiB, or
// else in thousands with one decimal at most, such as 67.1 MB.
func (s Size) String() string {
	for i, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		if one := Size(1) << (40 - 10*i); s >= one && s%one == 0 {
			return fmt.Sprintf("%d %s", s/one, unit)
		}
	}
	for i, unit := range []string{"TB", "GB", "MB", "kB"} {
		if one := math.Pow10(12 - 3*i); float64(s) >= one {
			return strconv.FormatFloat(math.Round(float64(s)/one*10)/10, 'f', -1, 64) + " " + unit
		}
	}
	return fmt.Sprintf("%d bytes", int64(s))
}

// Exact is the number of bytes, and String beside it.
func (s Size) Exact() string {
	if s < 1000 {
		return s.String()
	}
	return fmt.Sprintf("%d bytes (%s)", int64(s), s)
}
