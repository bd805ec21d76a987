package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
	"cameo/storage/blobs/disk"
	"cameo/storage/fault"
)

func open(t testing.TB, cfg disk.Config) *disk.Store {
	t.Helper()
	s, err := disk.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s storage.Blobs, name storage.Name, pages ...[]byte) {
	t.Helper()
	r, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Write(t.Context(), pages...), r.Sync(t.Context()), r.Close()); err != nil {
		t.Fatal(err)
	}
}

// The store lies beside a file of somebody else's; whatever a subtest asks for, nothing else appears there.
func TestContract(t *testing.T) {
	t.Parallel()
	blobstest.Run(t, func(t *testing.T) storage.Blobs {
		beside := t.TempDir()
		if err := os.WriteFile(filepath.Join(beside, "passwd"), []byte("keep"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { wantTree(t, beside, "blobs", "passwd") })
		return open(t, disk.Config{Dir: filepath.Join(beside, "blobs")})
	})
}

func wantTree(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", filepath.Base(dir), got, want)
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b", "blobs") // parents are made
	s := open(t, disk.Config{Dir: dir})
	put(t, s, "4fGh1Jk2Lm/1-0", []byte("first"))
	put(t, s, "4fGh1Jk2Lm/2-0", []byte("second"))
	put(t, s, "Zz00000000/photo-256", nil)
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}

	wantTree(t, dir, "4f", "Zz")
	wantTree(t, filepath.Join(dir, "4f"), "4fGh1Jk2Lm.1-0", "4fGh1Jk2Lm.2-0")
	wantTree(t, filepath.Join(dir, "Zz"), "Zz00000000.photo-256")
	file := filepath.Join(dir, "4f", "4fGh1Jk2Lm.2-0")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), fs.FileMode(0o600); got != want {
		t.Errorf("mode: got %v, want %v", got, want)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "second" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, want := s.Shape(), (storage.Shape{Gather: 0, Inline: 0, Parallel: 1}); got != want {
		t.Errorf("shape: got %+v, want %+v", got, want)
	}
}

func TestListPassesOverWhatIsNotABlob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, disk.Config{Dir: dir})
	put(t, s, "4fGh1Jk2Lm/1-0", []byte("a blob"))
	for _, name := range []string{
		"lost+found/x", "zz/zz.1", "4f/4fGh1Jk2Lm", "4f/5fGh1Jk2Lm.1-0", "4f/4fGh1Jk2Lm.1.0", "4f/.hidden",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	left := []byte("left by a process that was killed while it checked")
	if err := os.WriteFile(filepath.Join(dir, ".probe"), left, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := s.List(t.Context(), "", "", 10)
	if want := []storage.Name{"4fGh1Jk2Lm/1-0"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check over an old probe: %v", err)
	}
}

func TestAFileThatWasCutWhileItIsReadIsCorrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, disk.Config{Dir: dir})
	put(t, s, "4fGh1Jk2Lm/1-0", make([]byte, 1_000))
	body, err := s.Open(t.Context(), "4fGh1Jk2Lm/1-0", 0, 1_000)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if err := os.Truncate(filepath.Join(dir, "4f", "4fGh1Jk2Lm.1-0"), 600); err != nil {
		t.Fatal(err)
	}
	var n int
	for err == nil {
		var more int
		more, err = body.Read(make([]byte, 512))
		n += more
	}
	if n != 600 || !fault.Is(err, fault.Corrupt) {
		t.Errorf("got %d bytes and %v, want 600 and Corrupt", n, err)
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	free, err := open(t, disk.Config{Dir: dir}).Free()
	if err != nil || free < 1 {
		t.Fatalf("Free: got %d, %v", free, err)
	}
	s := open(t, disk.Config{Dir: dir, Reserve: free * 2})
	_, err = s.Create(t.Context(), "4fGh1Jk2Lm/1-0")
	if !fault.Is(err, fault.Full) {
		t.Errorf("Create: got %v, want Full", err)
	}
	if err := s.Check(t.Context()); !fault.Is(err, fault.Full) {
		t.Errorf("Check: got %v, want Full", err)
	}
	wantTree(t, dir)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  disk.Config
		want fault.Kind
	}{
		"no directory":       {disk.Config{}, fault.Invalid},
		"a negative reserve": {disk.Config{Dir: t.TempDir(), Reserve: -1}, fault.Invalid},
		"a file":             {disk.Config{Dir: file}, fault.Unavailable},
		"below a file":       {disk.Config{Dir: filepath.Join(file, "blobs")}, fault.Unavailable},
	} {
		_, err := disk.Open(c.cfg)
		if got := fault.Of(err); got != c.want {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, c.want)
		}
		wantPathless(t, err, filepath.Dir(file))
	}
}

// wantPathless fails when an error shows a path of the machine, be it only to the log.
func wantPathless(t *testing.T, err error, path string) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), path) {
		t.Errorf("a path is in %q", err)
	}
}

func BenchmarkStore(b *testing.B) {
	blobstest.Benchmark(b, func(b *testing.B) storage.Blobs { return open(b, disk.Config{Dir: b.TempDir()}) })
}

func BenchmarkNoSync(b *testing.B) {
	blobstest.Benchmark(b, func(b *testing.B) storage.Blobs {
		return open(b, disk.Config{Dir: b.TempDir(), NoSync: true})
	})
}

// BenchmarkBare is the least that 4 MiB on this disk cost: one file that exists, one pwrite, one fdatasync.
func BenchmarkBare(b *testing.B) {
	page := make([]byte, 4<<20)
	b.SetBytes(int64(len(page)))
	path := filepath.Join(b.TempDir(), "bare")
	for b.Loop() {
		b.StopTimer()
		f, err := disk.Machine().OpenFile(path, os.O_WRONLY|os.O_CREATE)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := f.WriteAt(page, 0); err != nil {
			b.Fatal(err)
		}
		if err := f.Datasync(); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		f.Close()
		os.Remove(path)
		b.StartTimer()
	}
}

// Of all that mark a store, the first one's id stands.
func TestMark(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const nodes = 8
	stands := make(chan string, nodes)
	for n := range nodes {
		s := open(t, disk.Config{Dir: dir})
		go func() {
			got, err := s.Mark(t.Context(), strings.Repeat(string(rune('a'+n)), 16))
			if err != nil {
				t.Error(err)
			}
			stands <- got
		}()
	}
	first := <-stands
	for range nodes - 1 {
		if got := <-stands; got != first {
			t.Errorf("got %q and %q, want one id for all", first, got)
		}
	}
	if got, err := open(t, disk.Config{Dir: dir}).Mark(t.Context(), "another"); err != nil || got != first {
		t.Errorf("got %q and %v afterwards, want %q", got, err, first)
	}
	wantTree(t, dir, "deployment")
}
