package powertest_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"testing"

	"cameo/storage/blobs/disk"
	"cameo/storage/blobs/disk/powertest"
)

func create(t *testing.T, p *powertest.FS, path string) disk.File {
	t.Helper()
	f, err := p.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f disk.File, p []byte, off int64) {
	t.Helper()
	if _, err := f.WriteAt(p, off); err != nil {
		t.Fatal(err)
	}
}

// content is a file's bytes; nil when it is not there.
func content(t *testing.T, p *powertest.FS, path string) []byte {
	t.Helper()
	f, err := p.OpenFile(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, size)
	if _, err := f.ReadAt(got, 0); size > 0 && err != nil {
		t.Fatal(err)
	}
	return got
}

// fates counts what becomes of a file over many cuts.
func fates(t *testing.T, p *powertest.FS, path string, written []byte) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for seed := range uint64(300) {
		switch got := content(t, p.Crash(seed), path); {
		case got == nil:
			seen["missing"]++
		case bytes.Equal(got, written):
			seen["whole"]++
		case len(got) == len(written) && bytes.Count(got, []byte{0}) == len(got):
			seen["zeros"]++
		case len(got) == 0:
			seen["empty"]++
		default:
			seen["torn"]++
		}
	}
	return seen
}

func TestEveryFateOfBytesThatWereNotSynced(t *testing.T) {
	t.Parallel()
	written := bytes.Repeat([]byte("x"), 3_000)
	for _, c := range []struct {
		name    string
		prepare func(p *powertest.FS, f disk.File) error
		want    []string // exactly these, each at least once
	}{
		{"nothing synced", func(*powertest.FS, disk.File) error {
			return nil
		}, []string{"empty", "missing", "torn", "whole", "zeros"}},
		{"the name synced", func(p *powertest.FS, _ disk.File) error {
			return p.SyncDir("/")
		}, []string{"empty", "torn", "whole", "zeros"}},
		{"the bytes synced", func(_ *powertest.FS, f disk.File) error {
			return f.Datasync()
		}, []string{"missing", "whole"}},
		{"both synced", func(p *powertest.FS, f disk.File) error {
			return errors.Join(f.Datasync(), p.SyncDir("/"))
		}, []string{"whole"}},
		{"a removal not synced", func(p *powertest.FS, f disk.File) error {
			return errors.Join(f.Datasync(), p.SyncDir("/"), p.Remove("/f"))
		}, []string{"missing", "whole"}},
		{"a removal synced", func(p *powertest.FS, f disk.File) error {
			return errors.Join(f.Datasync(), p.SyncDir("/"), p.Remove("/f"), p.SyncDir("/"))
		}, []string{"missing"}},
		{"a sync that failed, then a good one", func(p *powertest.FS, f disk.File) error {
			p.Fail(powertest.Datasync, 1, syscall.EIO)
			if f.Datasync() == nil {
				return errors.New("the planned error did not come")
			}
			return errors.Join(f.Datasync(), p.SyncDir("/"))
		}, []string{"zeros"}},
		{"a directory's sync that failed, then a good one", func(p *powertest.FS, f disk.File) error {
			p.Fail(powertest.SyncDir, 1, syscall.EIO)
			if p.SyncDir("/") == nil {
				return errors.New("the planned error did not come")
			}
			return errors.Join(f.Datasync(), p.SyncDir("/"))
		}, []string{"missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := powertest.New()
			f := create(t, p, "/f")
			write(t, f, written, 0)
			if err := c.prepare(p, f); err != nil {
				t.Fatal(err)
			}
			seen := fates(t, p, "/f", written)
			var got []string
			for fate := range seen {
				got = append(got, fate)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want each of %v", seen, c.want)
			}
		})
	}
}

func TestSyncedBytesStayWhateverFollowsThem(t *testing.T) {
	t.Parallel()
	p := powertest.New()
	f := create(t, p, "/f")
	first, more := bytes.Repeat([]byte("a"), 700), bytes.Repeat([]byte("b"), 2_000)
	write(t, f, first, 0)
	if err := errors.Join(f.Datasync(), p.SyncDir("/")); err != nil {
		t.Fatal(err)
	}
	write(t, f, more, int64(len(first)))
	sizes := map[int]bool{}
	for seed := range uint64(200) {
		got := content(t, p.Crash(seed), "/f")
		if !bytes.HasPrefix(got, first) {
			t.Fatalf("seed %d: the synced bytes are lost", seed)
		}
		sizes[len(got)] = true
	}
	if !sizes[700] || !sizes[2_700] || len(sizes) < 10 {
		t.Errorf("the sizes after a cut were %v", sizes)
	}
	if again, want := content(t, p.Crash(7), "/f"), content(t, p.Crash(7), "/f"); !bytes.Equal(again, want) {
		t.Error("one seed gave two fates")
	}
	if got := content(t, p, "/f"); len(got) != 2_700 {
		t.Errorf("a cut changed the file system it was taken from: %d bytes", len(got))
	}
}

func TestAFolderIsLostWithAllThatIsInIt(t *testing.T) {
	t.Parallel()
	p := powertest.New()
	if err := p.Mkdir("/d"); err != nil {
		t.Fatal(err)
	}
	f := create(t, p, "/d/f")
	write(t, f, []byte("x"), 0)
	if err := errors.Join(f.Datasync(), p.SyncDir("/d")); err != nil {
		t.Fatal(err)
	}
	if got := fates(t, p, "/d/f", []byte("x")); got["missing"] == 0 || got["whole"] == 0 || len(got) != 2 {
		t.Errorf("without a sync of the parent: got %v, want missing and whole", got)
	}
	if err := p.SyncDir("/"); err != nil {
		t.Fatal(err)
	}
	if got := fates(t, p, "/d/f", []byte("x")); got["whole"] != 300 {
		t.Errorf("with it: got %v, want only whole", got)
	}
}

func TestPlannedFaults(t *testing.T) {
	t.Parallel()
	p := powertest.New()
	f := create(t, p, "/f")
	p.Room(10)
	n, err := f.WriteAt(make([]byte, 15), 0)
	if n != 10 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: got %d, %v, want 10 and ENOSPC", n, err)
	}
	p.Fail(powertest.Close, 1, syscall.EIO)
	if err := f.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close: got %v, want EIO", err)
	}
	if err := f.Datasync(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Datasync of a closed file: got %v", err)
	}
	p.Cut(1)
	if _, err := p.ReadDir("/"); err != nil {
		t.Errorf("before the cut: %v", err)
	}
	for range 2 {
		if _, err := p.ReadDir("/"); !errors.Is(err, syscall.EIO) {
			t.Errorf("after the cut: got %v, want EIO", err)
		}
	}
	if _, err := p.Crash(1).ReadDir("/"); err != nil {
		t.Errorf("after the start: %v", err)
	}
}
