package disk

import "os"

// Machine is the file system of the machine.
func Machine() FS { return machine{} }

type machine struct{}

type machineFile struct{ *os.File }

func (machine) OpenFile(path string, flag int) (File, error) {
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, err // not f: a nil *os.File in a File is not nil
	}
	return machineFile{f}, nil
}

func (machine) Mkdir(path string) error { return os.Mkdir(path, 0o700) }

func (machine) Remove(path string) error { return os.Remove(path) }

func (machine) ReadDir(path string) ([]string, error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

func (machine) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (f machineFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
