package boot

import (
	"os"
	"runtime/debug"
)

// besides is what a busy node needs besides the bytes of uploads: what the database's and S3's clients copy,
// pictures that are being decoded, connections.
const besides = 160 << 20

// ballast is memory that is never touched, and so takes none of the machine's. The collector runs whenever
// the memory in use has doubled: a node that serves pictures uses 3 MiB, and without ballast would collect
// fifty times a second.
const ballast = 8 << 20

// BoundMemory tells the garbage collector of this process how much the configuration means it to take, so
// that it runs more often instead of letting the process grow to twice its living memory. GOMEMLIMIT outranks
// it.
//
// It returns the ballast, to be kept for as long as the process serves.
func BoundMemory(c Config) []byte {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(c.Memory) + besides + ballast)
	}
	return make([]byte, ballast)
}
