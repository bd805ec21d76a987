package s3

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// mostUnsent is how many bytes may wait in the kernel that the line has no room for. A connection takes
// megabytes at once otherwise, and on a narrow line no progress could be seen while they go.
const mostUnsent = 128 << 10

// narrowly is a net.Dialer's Control. A kernel that does not know the option only sees less.
func narrowly(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, mostUnsent)
	})
}
