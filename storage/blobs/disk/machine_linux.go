package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func (f machineFile) Datasync() error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if errors.Is(err, unix.EINTR) {
			continue // a signal came first: nothing was tried yet
		}
		return os.NewSyscallError("fdatasync", err)
	}
}

// Free leaves out the blocks that only root may use.
func (machine) Free(path string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0, os.NewSyscallError("statfs", err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}
