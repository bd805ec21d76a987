//go:build soak && linux

package servertest_test

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// soakPart is the part of their full length that these tests run for: CAMEO_SOAK_PART, a number above 0 and up
// to 1, which is also the default. What they demand does not shrink with it.
func soakPart(t *testing.T) float64 {
	t.Helper()
	text := os.Getenv("CAMEO_SOAK_PART")
	if text == "" {
		return 1
	}
	part, err := strconv.ParseFloat(text, 64)
	if err != nil || part <= 0 || part > 1 {
		t.Fatalf("CAMEO_SOAK_PART: %s: want a number above 0 and up to 1, such as 0.05", text)
	}
	return part
}

// soakTimes is how often something that a full run does n times is to be done: twice at least.
func soakTimes(t *testing.T, n int) int {
	t.Helper()
	return max(int(float64(n)*soakPart(t)), 2)
}

// soakTime is how long something is to last that takes d in a full run.
func soakTime(t *testing.T, d time.Duration) time.Duration {
	t.Helper()
	return time.Duration(float64(d) * soakPart(t))
}
