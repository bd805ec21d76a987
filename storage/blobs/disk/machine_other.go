//go:build !linux

package disk

import "errors"

func (f machineFile) Datasync() error { return f.Sync() }

func (machine) Free(string) (int64, error) { return 0, errors.ErrUnsupported }
