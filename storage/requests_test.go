package storage_test

import (
	"testing"

	"cameo/storage"
)

// The number of requests to an S3-shaped store per finished upload: each is a put, and nothing is read or
// listed.
func TestRequests(t *testing.T) {
	t.Parallel()
	const mib = 1 << 10 // the shape is scaled down by 1024
	for _, c := range []struct {
		name        string
		size, chunk int64
		puts        int64
	}{
		{"4 MiB in one PATCH", 4 * mib, 4 * mib, 1},
		{"4 MiB in 1 MiB chunks", 4 * mib, mib, 1},
		{"4 MiB in 256 KiB chunks", 4 * mib, mib / 4, 1},
		{"64 MiB in one PATCH", 64 * mib, 64 * mib, 4},
		{"64 MiB in 8 MiB chunks", 64 * mib, 8 * mib, 8},
		{"64 MiB in 1 MiB chunks", 64 * mib, mib, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, s3Shape)
			h.limits.Inline = s3Shape.Inline
			e, data := h.node("a"), photo(int(c.size))
			id := h.create(e, c.size)
			for at := int64(0); at < c.size; at += c.chunk {
				if _, err := e.Status(bg, id); err != nil {
					t.Fatal(err)
				}
				if _, err := put(e, id, at, data[at:at+c.chunk]); err != nil {
					t.Fatal(err)
				}
			}
			got := h.mem.Counts()
			if got.Puts != c.puts || got.Gets+got.Deletes+got.Lists != 0 || got.Written != c.size {
				t.Errorf("got %+v, want %d puts of %d bytes and nothing else", got, c.puts, c.size)
			}
			same(t, h.read(e, id), data)
		})
	}
}

func TestCutCostsAtMostOneRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t, s3Shape)
	e, data := h.node("a"), photo(4<<10)
	id := h.create(e, 4<<10)
	u, _ := send(e, id, 0, 4<<10, cut(data[:3<<10]))
	if got := h.mem.Counts(); got.Puts > 1 || u.Offset != 3<<10 {
		t.Errorf("got %+v, offset %d", got, u.Offset)
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
