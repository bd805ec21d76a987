package boot

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// besides is what a busy node needs besides the bytes of uploads and of pictures: what the clients of the
// database and of S3 copy, passwords that are being checked, ten thousand connections.
const besides = 160 << 20

// ballast is memory that is never touched, and so takes none of the machine's. The collector runs whenever
// the memory in use has doubled: a node that serves pictures uses 3 MiB, and without ballast would collect
// fifty times a second.
const ballast = 8 << 20

// The bound follows what is held in steps, and is looked at so often. It rises at once and falls by a step at
// a time: uploads come and go faster than it is worth to change it.
const (
	boundStep  = 16 << 20
	boundEvery = 100 * time.Millisecond
)

// limitMemory tells the garbage collector of this process near how much memory to stay: it then runs more
// often instead of letting the process grow to twice its living memory. GOMEMLIMIT outranks it.
func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// boundMemory keeps the process near what it holds by budget, of uploads and of pictures, and what it needs
// besides, until ctx ends. So a node that holds few bytes does not take what only many would justify,
// whatever else strangers make it do.
func (n *Node) boundMemory(ctx context.Context) {
	weight := make([]byte, ballast)
	defer runtime.KeepAlive(weight)
	look := time.NewTicker(boundEvery)
	defer look.Stop()
	told := int64(0)
	for {
		if bound := boundOf(told, n.Engine.Buffered()+n.worker.Decoding()); bound != told {
			n.machine.LimitMemory(bound)
			told = bound
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// boundOf is the bound that follows one, when so many bytes are held.
func boundOf(told, held int64) int64 {
	steps := (held + boundStep - 1) / boundStep
	return max(besides+ballast+steps*boundStep, told-boundStep)
}
