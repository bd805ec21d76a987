package boot

import (
	"os"
	"runtime/debug"
)

// besides is what a busy node needs besides the bytes of uploads: what the database's and S3's clients copy,
// pictures that are being decoded, connections.
const besides = 160 << 20

// BoundMemory tells the garbage collector of this process how much the configuration means it to take, so
// that it runs more often instead of letting the process grow to twice its living memory. GOMEMLIMIT outranks
// it.
func BoundMemory(c Config) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(c.Memory) + besides)
	}
}
