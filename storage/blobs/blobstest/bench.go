package blobstest

import (
	"fmt"
	"io"
	"testing"

	"cameo/storage"
)

// Benchmark measures a run from Create to Close, in pages of 256 KiB, and reading it back.
func Benchmark(b *testing.B, open func(b *testing.B) storage.Blobs) {
	b.Helper()
	for _, size := range []int{256 << 10, 4 << 20, 16 << 20} {
		b.Run(fmt.Sprintf("write/%dKiB", size>>10), func(b *testing.B) { benchmarkWrite(b, open(b), size) })
		b.Run(fmt.Sprintf("read/%dKiB", size>>10), func(b *testing.B) { benchmarkRead(b, open(b), size) })
	}
}

func benchmarkWrite(b *testing.B, s storage.Blobs, size int) {
	pages := paged(pattern(size, 1))
	b.SetBytes(int64(size))
	for n := 0; b.Loop(); n++ {
		writeRun(b, s, runName(n), pages)
		b.StopTimer()
		if err := s.Delete(b.Context(), runName(n)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func benchmarkRead(b *testing.B, s storage.Blobs, size int) {
	writeRun(b, s, runName(0), paged(pattern(size, 1)))
	b.SetBytes(int64(size))
	for b.Loop() {
		body, err := s.Open(b.Context(), runName(0), 0, int64(size))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			b.Fatal(err)
		}
		body.Close()
	}
}

func writeRun(b *testing.B, s storage.Blobs, name storage.Name, pages [][]byte) {
	b.Helper()
	r, err := s.Create(b.Context(), name)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	if err := r.Write(b.Context(), pages...); err != nil {
		b.Fatal(err)
	}
	if err := r.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func paged(all []byte) [][]byte {
	var pages [][]byte
	for page := 256 << 10; len(all) > 0; all = all[min(page, len(all)):] {
		pages = append(pages, all[:min(page, len(all))])
	}
	return pages
}
