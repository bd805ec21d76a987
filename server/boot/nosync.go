//go:build !benchnosync

package boot

// noSync is false in every program but the one that the benchmark builds for itself: nothing is acknowledged
// that a power cut could lose. No flag or variable leads here.
const noSync = false
