package storage_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"

	"cameo/storage"
	"cameo/storage/blobs/disk"
	"cameo/storage/blobs/disk/powertest"
	"cameo/storage/fault"
)

const root = "/srv/blobs"

func onDisk(t *testing.T, h *house, fs disk.FS) *storage.Engine {
	t.Helper()
	s, err := disk.Open(disk.Config{Dir: root, FS: fs})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	h.blobs = s
	return h.node("a")
}

// After a power cut at any call to the file system, every committed byte is there: the rows never run ahead
// of the disk.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	h := newHouseOver(t, nil)
	for seed := range uint64(150) {
		fate := rand.New(rand.NewPCG(seed, 2))
		fs := powertest.New()
		e := onDisk(t, h, fs)
		data := photo(200 << 10)
		id := h.create(e, int64(len(data)))
		fs.Cut(fate.IntN(40))
		acked := int64(0)
		for acked < int64(len(data)) {
			n := min(1+fate.IntN(60<<10), len(data)-int(acked))
			u, err := put(e, id, acked, data[acked:int(acked)+n])
			if err != nil {
				break
			}
			acked = u.Offset
		}
		e = onDisk(t, h, fs.Crash(seed))
		u, err := e.Status(bg, id)
		if err != nil || u.Offset < acked {
			t.Fatalf("seed %d: offset %d after %d was acknowledged, %v", seed, u.Offset, acked, err)
		}
		sameSoFar(t, h, id, data[:u.Offset])
		if u.State == storage.Active {
			if _, err := put(e, id, u.Offset, data[u.Offset:]); err != nil {
				t.Fatalf("seed %d: resume: %v", seed, err)
			}
		}
		same(t, h.read(e, id), data)
	}
}

// A sync, close, create or write that fails is never acknowledged, neither by that request nor by one that
// follows.
func TestDiskErrors(t *testing.T) {
	t.Parallel()
	h := newHouseOver(t, nil)
	for _, op := range []powertest.Op{powertest.Open, powertest.Write, powertest.Datasync, powertest.SyncDir} {
		for _, errno := range []syscall.Errno{syscall.EIO, syscall.ENOSPC} {
			t.Run(fmt.Sprint(op, " ", errno), func(t *testing.T) {
				fs := powertest.New()
				e, data := onDisk(t, h, fs), photo(200<<10)
				id := h.create(e, int64(len(data)))
				if _, err := put(e, id, 0, data[:1000]); err != nil {
					t.Fatal(err)
				}
				e = h.node("b") // makes a file of its own
				fs.Fail(op, 1, errno)
				u, err := put(e, id, 1000, data[1000:])
				if k := fault.Of(err); (k != fault.Unavailable && k != fault.Full) || u.Offset != 1000 {
					t.Fatalf("got offset %d, %v", u.Offset, err)
				}
				e = onDisk(t, h, fs.Crash(7)) // what was not acknowledged may be gone; what was must be there
				if u, err = e.Status(bg, id); err != nil {
					t.Fatal(err)
				}
				sameSoFar(t, h, id, data[:u.Offset])
				if u.State == storage.Active {
					if _, err = put(e, id, u.Offset, data[u.Offset:]); err != nil {
						t.Fatal(err)
					}
				}
				same(t, h.read(e, id), data)
			})
		}
	}
}

// On a full disk the offset stays at the durable bytes, and the upload goes on when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	h := newHouseOver(t, nil)
	fs := powertest.New()
	e, data := onDisk(t, h, fs), photo(2<<20)
	id := h.create(e, int64(len(data)))
	fs.Room(1 << 20)
	u, err := put(e, id, 0, data)
	if !fault.Is(err, fault.Full) || u.Offset != 0 {
		t.Fatalf("got offset %d, %v", u.Offset, err)
	}
	fs.Room(1 << 30)
	if _, err := put(e, id, 0, data); err != nil {
		t.Fatal(err)
	}
	same(t, h.read(e, id), data)
	h.wantNoOrphans(id)
}

// sameSoFar holds an unfinished upload's committed bytes against those that were sent.
func sameSoFar(t *testing.T, h *house, id storage.ID, want []byte) {
	t.Helper()
	xs, err := h.ledger.Extents(bg, id, 0, int64(len(want)))
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for _, x := range xs {
		r, err := h.blobs.Open(bg, x.Blob, x.At, x.Len)
		if err != nil {
			t.Fatalf("committed bytes at %d: %v", x.Off, err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("committed bytes at %d: %v", x.Off, err)
		}
		_ = r.Close()
		got = append(got, b...)
	}
	same(t, got, want)
}
