//go:build benchnosync

package boot

// noSync is what the benchmark measures beside the product: the same program on a disk that need not be
// waited for. What this build acknowledges is lost in a power cut.
const noSync = true
