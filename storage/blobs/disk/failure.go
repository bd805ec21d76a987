package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"cameo/storage/fault"
)

// failure says what a file system's error means to the Engine. No path gets into it, not even into the
// cause, which is logged.
func failure(err error) error {
	cause := pathless(err)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.Wrap(cause, fault.Full, "the disk has no room")
	case errors.Is(err, fs.ErrExist):
		return fault.Wrap(cause, fault.Exists, "a blob of that name exists")
	default:
		return fault.Wrap(cause, fault.Unavailable, "the disk does not work")
	}
}

// pathless is err without the path that package os puts into it.
func pathless(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}

// ended is the error of a context that is over, or nil.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the request was given up")
	}
	return nil
}
