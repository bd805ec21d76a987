package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"cameo/storage"
	"cameo/storage/fault"
)

// Open reads n bytes of a file from off on. One that is too short is Corrupt here already.
func (s *Store) Open(ctx context.Context, name storage.Name, off, n int64) (io.ReadCloser, error) {
	_, path, err := s.locate(name)
	if err != nil {
		return nil, err
	}
	if err := ended(ctx); err != nil {
		return nil, err
	}
	if off < 0 || n < 0 {
		return nil, fault.New(fault.Internal, "a negative range of a blob")
	}
	file, err := s.fs.OpenFile(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(pathless(err), fault.NotFound, "there is no such blob")
	}
	if err != nil {
		return nil, failure(err)
	}
	size, err := file.Size()
	if err != nil {
		file.Close()
		return nil, failure(err)
	}
	if n > size-off {
		file.Close()
		return nil, short()
	}
	return &reader{section: io.NewSectionReader(file, off, n), file: file, left: n}, nil
}

// reader is a part of a file. It says in the Engine's words what goes wrong while reading.
type reader struct {
	section *io.SectionReader
	file    File
	left    int64
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.section.Read(p)
	r.left -= int64(n)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, failure(err)
	case r.left > 0:
		return n, short() // somebody cut the file since Open
	}
	return n, io.EOF
}

func (r *reader) Close() error { return r.file.Close() }

func short() error { return fault.New(fault.Corrupt, "a blob is shorter than what was written") }
