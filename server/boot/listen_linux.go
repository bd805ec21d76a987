package boot

import "syscall"

// silence is for how many seconds the kernel keeps a connection on which nothing is said. What it keeps has
// neither a goroutine nor buffers here, 20 KB each, so of a crowd that arrives at once only those cost memory
// who ask for something.
const silence = 10

// deferAccept has a listener's connections accepted when their first bytes have come.
func deferAccept(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		// Where it cannot be had, connections are accepted as soon as they are there.
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT, silence)
	})
}
