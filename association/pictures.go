package association

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/minio/crc64nvme"
	"golang.org/x/sync/singleflight"

	"cameo/storage"
	"cameo/storage/fault"
)

// largestKept is the largest picture that is kept in memory, in bytes: squares of up to 256 pixels mostly are
// smaller. What is larger is asked for less often, and would drive out many that are small.
const largestKept = 64 << 10

// pictures reads renditions, and keeps the bytes of the small ones that were asked for last. A blob's name
// never means other bytes, so nothing here grows old; whether a photo may be shown is not decided here.
type pictures struct {
	blobs   storage.Blobs
	most    int64 // bytes that are kept
	mu      sync.Mutex
	kept    *simplelru.LRU[place, []byte]
	bytes   int64 // of kept
	reading singleflight.Group
}

// place is where a rendition's bytes begin, and what they are.
type place struct {
	blob storage.Name
	at   int64
	crc  uint64
}

func newPictures(blobs storage.Blobs, most int64) *pictures {
	p := &pictures{blobs: blobs, most: most}
	// The number of pictures is bounded by their bytes; an entry takes some hundred more.
	entries := max(int(most>>8), 1)
	p.kept, _ = simplelru.NewLRU(entries, func(_ place, b []byte) { p.bytes -= int64(len(b)) })
	return p
}

// read returns the rendition's bytes, which nobody may change. Many who ask for the same at once wait for one
// reading.
func (p *pictures) read(ctx context.Context, r Rendition) ([]byte, error) {
	key := place{r.Blob, r.At, r.CRC}
	p.mu.Lock()
	b, ok := p.kept.Get(key)
	p.mu.Unlock()
	if ok {
		return b, nil
	}
	// Whoever asked first may go away while others wait.
	alone := context.WithoutCancel(ctx)
	done := p.reading.DoChan(fmt.Sprint(key), func() (any, error) {
		b, err := p.load(alone, r)
		if err == nil {
			p.keep(key, b)
		}
		return b, err
	})
	select {
	case got := <-done:
		b, _ := got.Val.([]byte)
		return b, got.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// load reads from the store. Damaged bytes are Corrupt.
func (p *pictures) load(ctx context.Context, r Rendition) ([]byte, error) {
	from, err := p.blobs.Open(ctx, r.Blob, r.At, r.Length)
	if err != nil {
		return nil, err
	}
	b, err := whole(from, r.Length)
	if err != nil {
		return nil, fault.Wrap(err, fault.Of(err), "the picture cannot be read")
	}
	if crc64nvme.Checksum(b) != r.CRC {
		return nil, fault.New(fault.Corrupt, "the stored picture is damaged")
	}
	return b, nil
}

// whole reads the n bytes of a blob and closes it.
func whole(from io.ReadCloser, n int64) ([]byte, error) {
	defer from.Close()
	b := make([]byte, n)
	_, err := io.ReadFull(from, b)
	return b, err
}

// keep makes room for a picture by dropping those that were not asked for the longest time.
func (p *pictures) keep(key place, b []byte) {
	if len(b) > largestKept || int64(len(b)) > p.most {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept.Contains(key) {
		return
	}
	p.kept.Add(key, b)
	p.bytes += int64(len(b))
	for p.bytes > p.most {
		p.kept.RemoveOldest()
	}
}
