package storage_test

import (
	"testing"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
)

// The number of requests to an S3-shaped store per finished upload: each is a put, and nothing is read or
// listed.
func TestRequests(t *testing.T) {
	t.Parallel()
	const scale = 1024 // as s3Shape is smaller than S3's own
	for _, c := range blobstest.Sendings() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, s3Shape)
			h.limits.Inline = s3Shape.Inline
			size, chunk := c.Size/scale, c.Chunk/scale
			e, data := h.node("a"), photo(int(size))
			id := h.create(e, size)
			for at := int64(0); at < size; at += chunk {
				if _, err := e.Status(bg, id); err != nil {
					t.Fatal(err)
				}
				if _, err := put(e, id, at, data[at:at+chunk]); err != nil {
					t.Fatal(err)
				}
			}
			got := h.mem.Counts()
			if got.Puts != int64(c.Puts) || got.Gets+got.Deletes+got.Lists != 0 || got.Written != size {
				t.Errorf("got %+v, want %d puts of %d bytes and nothing else", got, c.Puts, size)
			}
			same(t, h.read(e, id), data)
		})
	}
}

// Many writes share a budget that is far smaller than what they send: each waits for memory, none for ever.
func TestMemoryIsShared(t *testing.T) {
	t.Parallel()
	for name, shape := range map[string]storage.Shape{
		"disk": diskShape, "s3": {Gather: 16 << 20, Inline: 1 << 20, Parallel: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, shape)
			h.limits.Memory = 1 << 20
			e, data := h.node("a"), photo(3<<20)
			done := make(chan error)
			ids := make([]storage.ID, 12)
			for i := range ids {
				ids[i] = h.create(e, int64(len(data)))
				go func() { _, err := put(e, ids[i], 0, data); done <- err }()
			}
			for range ids {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			for _, id := range ids {
				same(t, h.read(e, id), data)
			}
		})
	}
}

// Of many fast clients a few fill whole runs while the others wait: none is cut into small pieces because all of
// them together have no room.
func TestManyFillWholeRuns(t *testing.T) {
	t.Parallel()
	const writes, size = 40, 3 << 20
	h := newHouse(t, storage.Shape{Gather: 1 << 20, Inline: 64 << 10, Parallel: 4})
	h.limits.Memory, h.limits.Inline = 8<<20, 64<<10
	e, data := h.node("a"), photo(size)
	done, ids := make(chan error), make([]storage.ID, writes)
	for i := range ids {
		ids[i] = h.create(e, size)
		go func() { _, err := put(e, ids[i], 0, data); done <- err }()
	}
	for range ids {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := h.mem.Counts(); got.Puts > 2*writes*size>>20 {
		t.Errorf("got %d puts of %d bytes, want about %d", got.Puts, got.Written, writes*size>>20)
	} else {
		t.Logf("%d puts of %d bytes", got.Puts, got.Written)
	}
	for _, id := range ids {
		same(t, h.read(e, id), data)
	}
}
