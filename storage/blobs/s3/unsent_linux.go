package s3

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// mostUnsent is how many bytes of a body the kernel may hold that it has not sent yet.
const mostUnsent = 128 << 10

// boundUnsent is a net.Dialer's Control. Without it a slow line looks like a store that does not answer: the
// kernel takes megabytes at once, and while it sends them nobody sees anything move.
func boundUnsent(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		// Where it is not known, slow lines need luck; all others work.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, mostUnsent)
	})
}
