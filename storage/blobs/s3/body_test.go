package s3_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"cameo/storage/blobs/s3"
)

func TestBodyIsAReadSeekerOverPages(t *testing.T) {
	t.Parallel()
	for name, pages := range map[string][][]byte{
		"none": nil, "one": {[]byte("page")}, "some": {[]byte("a"), nil, []byte("bcd"), {}, []byte("efghij"), nil},
	} {
		b := s3.NewBody(pages, func() {})
		if err := iotest.TestReader(b, bytes.Join(pages, nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBodyReadsNoPageOnceItIsStopped(t *testing.T) {
	t.Parallel()
	alive := 0
	b := s3.NewBody([][]byte{[]byte("page"), []byte("more")}, func() { alive++ })
	if n, err := b.Read(make([]byte, 2)); n != 2 || err != nil || alive != 1 {
		t.Fatalf("got %d, %v, alive %d", n, err, alive)
	}
	b.Stop()
	if _, err := b.Seek(0, io.SeekStart); err != nil {
		t.Error(err)
	}
	if n, err := b.Read(make([]byte, 2)); n != 0 || err == nil || errors.Is(err, io.EOF) || alive != 1 {
		t.Errorf("stopped: got %d, %v, alive %d", n, err, alive)
	}
}
