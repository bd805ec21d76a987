package storage

import (
	"errors"
	"io"

	"github.com/minio/crc64nvme"

	"cameo/storage/fault"
)

// compareBuffer is what a repeated request reads with: no page of the budget, which those who write need.
const compareBuffer = 8 << 10

// compare reads the body of a repeated request and holds it against the first one's checksum. Of several at
// once the newest is read to its end; the others are ended, so that no upload has more than one.
func (e *Engine) compare(w Write, u Upload) error {
	defer e.compareAlone(w)()
	var crc uint64
	buf := make([]byte, compareBuffer)
	for left := w.Len; left > 0; {
		n, err := w.Body.Read(buf[:min(left, compareBuffer)])
		left -= int64(n)
		crc = crc64nvme.Update(crc, buf[:n])
		if w.Digest != nil {
			w.Digest.Hash.Write(buf[:n])
		}
		if err != nil && left > 0 {
			return e.compareEnded(w, err)
		}
	}
	switch err := atEnd(w.Body); {
	case !errors.Is(err, io.EOF):
		return e.compareEnded(w, err)
	case w.Digest != nil && !w.Digest.holds():
		return errDigest()
	case crc != u.Last.CRC:
		return fault.New(fault.Conflict, "this range was received already, with other bytes")
	}
	return nil
}

// compareAlone ends an older comparison of the same upload, until the function that it returns is called.
func (e *Engine) compareAlone(w Write) (done func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if older := e.repeats[w.ID]; older != nil {
		older.Interrupt()
	}
	e.repeats[w.ID] = w.Body
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.repeats[w.ID] == w.Body {
			delete(e.repeats, w.ID)
		}
	}
}

// compareEnded says why a repeat was not read to its end.
func (e *Engine) compareEnded(w Write, err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.repeats[w.ID] != w.Body {
		return superseded()
	}
	return cutBody(err)
}
