package boot

import (
	"crypto/rand"
	"io"
	"time"

	"cameo/association/imaging"
	"cameo/storage"
)

// Machine is what a node takes from the world outside. Tests hand in a clock of their own.
type Machine struct {
	Clock  storage.Clock    // dates what is stored, and decides what has expired
	Now    func() time.Time // measures: time limits of connections and durations in the log refer to it
	Random io.Reader        // keys, versions, secrets
	Err    io.Writer        // where the log goes, after the line that says where the node listens

	// LimitMemory is told near how many bytes the process is to stay, whenever that changes.
	LimitMemory func(bytes int64)

	HEIF imaging.Engine // reads HEIC and AVIF; nil, as it is here: they are refused

	Program string // as the shell called it; the hints repeat it. "" is cameo
}

// ThisMachine has the machine's own clock and randomness.
func ThisMachine(stderr io.Writer) Machine {
	return Machine{
		Clock:  func() storage.Millis { return storage.At(time.Now()) },
		Now:    time.Now,
		Random: rand.Reader,
		Err:    stderr,

		LimitMemory: limitMemory,
	}
}
