package imaging

import (
	"bufio"
	"errors"
	"io"

	"cameo/storage/fault"
)

// walkerWindow is how much of a file is in memory at once, in bytes: the longest segment of a JPEG, at least.
const walkerWindow = 64 << 10

// walker goes through a file once, from its first byte on, and keeps no more of it than a window. Where the
// file ends while more is wanted, it is Truncated.
type walker struct {
	from *bufio.Reader
	at   int64 // of the next byte
}

func walk(file io.Reader) *walker { return &walker{from: bufio.NewReaderSize(file, walkerWindow)} }

// peek returns the next n bytes, of which walkerWindow are the most, without going past them. They are good
// until more is read.
func (w *walker) peek(n int) ([]byte, error) {
	b, err := w.from.Peek(n)
	return b, cutShort(err)
}

// head returns the first n bytes, or all if there are fewer.
func (w *walker) head(n int) ([]byte, error) {
	b, err := w.from.Peek(n)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b, err
}

// window returns at least n bytes, and all that are in memory.
func (w *walker) window(n int) ([]byte, error) {
	if _, err := w.peek(n); err != nil {
		return nil, err
	}
	return w.peek(w.from.Buffered())
}

// read returns the next n bytes and goes past them.
func (w *walker) read(n int) ([]byte, error) {
	b := make([]byte, n)
	got, err := io.ReadFull(w.from, b)
	w.at += int64(got)
	return b, cutShort(err)
}

// next returns the next byte and goes past it.
func (w *walker) next() (byte, error) {
	b, err := w.from.ReadByte()
	if err != nil {
		return 0, cutShort(err)
	}
	w.at++
	return b, nil
}

// skip goes past n bytes.
func (w *walker) skip(n int64) error {
	const step = 1 << 30 // which is an int everywhere
	for n > 0 {
		gone, err := w.from.Discard(int(min(n, step)))
		w.at += int64(gone)
		n -= int64(gone)
		if err != nil {
			return cutShort(err)
		}
	}
	return nil
}

// cutShort turns the end of a file into what is wrong with it. What its reader has to say goes first.
func cutShort(err error) error {
	if _, known := errors.AsType[fault.Kinded](err); known || err == nil {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Truncated.Fault()
	}
	return err
}
