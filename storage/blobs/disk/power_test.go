package disk_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
	"cameo/storage/blobs/disk"
	"cameo/storage/blobs/disk/powertest"
	"cameo/storage/fault"
)

const dir = "/srv/secret/blobs"

func TestContractOnSimulatedDisk(t *testing.T) {
	t.Parallel()
	blobstest.Run(t, func(t *testing.T) storage.Blobs {
		return open(t, disk.Config{Dir: dir, FS: powertest.New()})
	})
}

// diary holds what was acknowledged: the bytes of each blob up to its last good Sync.
type diary map[storage.Name][]byte

// live writes blobs with many syncs each, deletes some, and notes what was acknowledged, until steps are
// done or the store fails. A run goes on after a sync in any number of pieces.
func (d diary) live(t *testing.T, s *disk.Store, fate *rand.Rand, steps int) {
	t.Helper()
	for range steps {
		id := fmt.Sprintf("%c%cdiary%03d", 'a'+rune(fate.IntN(2)), 'a'+rune(fate.IntN(2)), fate.IntN(1_000))
		name := storage.Name(id + "/1-0")
		r, err := s.Create(t.Context(), name)
		if err != nil {
			if fault.Is(err, fault.Exists) {
				continue
			}
			return
		}
		var all []byte
		for range 1 + fate.IntN(3) {
			page := make([]byte, fate.IntN(3_000))
			for i := range page {
				page[i] = byte(1 + fate.IntN(255)) // no zeros: they are what a cut leaves
			}
			all = append(all, page...)
			if r.Write(t.Context(), page[:len(page)/2], page[len(page)/2:]) != nil || r.Sync(t.Context()) != nil {
				break
			}
			d[name] = bytes.Clone(all)
		}
		r.Close()
		if fate.IntN(6) == 0 {
			delete(d, name) // from now on it may be there or not
			if s.Delete(t.Context(), name) != nil {
				return
			}
		}
	}
}

// lost returns the first blob of which an acknowledged byte is missing after a cut, "" when there is none.
func (d diary) lost(t *testing.T, after *powertest.FS) storage.Name {
	t.Helper()
	s, err := disk.Open(disk.Config{Dir: dir, FS: after})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range d {
		body, err := s.Open(t.Context(), name, 0, int64(len(want)))
		if err != nil {
			return name
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, want) {
			return name
		}
		body.Close()
	}
	return ""
}

func TestNoCutLosesAcknowledgedBytes(t *testing.T) {
	t.Parallel()
	noted := 0
	for seed := range uint64(500) {
		fate := rand.New(rand.NewPCG(seed, 1))
		power, notes := powertest.New(), diary{}
		s := open(t, disk.Config{Dir: dir, FS: power})
		power.Cut(fate.IntN(400)) // in the midst of anything
		notes.live(t, s, fate, 40)
		for cut := range uint64(3) {
			if name := notes.lost(t, power.Crash(seed+cut)); name != "" {
				t.Fatalf("seed %d, cut %d: acknowledged bytes of %s are lost", seed, cut, name)
			}
		}
		noted += len(notes)
	}
	if noted < 2_000 {
		t.Errorf("only %d blobs were acknowledged: the test tests little", noted)
	}
}

// A process that was killed leaves a folder that can be seen and is not durable. The next process must not
// rely on it.
func TestAFolderLeftByAKilledProcessIsSynced(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		power := powertest.New()
		killed := open(t, disk.Config{Dir: dir, FS: power})
		if _, err := killed.Create(t.Context(), "aadiary000/1-0"); err != nil {
			t.Fatal(err)
		}
		notes := diary{"aadiary001/1-0": []byte("acknowledged")}
		put(t, open(t, disk.Config{Dir: dir, FS: power}), "aadiary001/1-0", notes["aadiary001/1-0"])
		if name := notes.lost(t, power.Crash(seed)); name != "" {
			t.Fatalf("seed %d: %s is lost", seed, name)
		}
	}
}

// The proof that the seam bites: stores that leave out one step are caught.
func TestForgettingAStepIsCaught(t *testing.T) {
	t.Parallel()
	everywhere := func(string) bool { return true }
	inDir := func(path string) bool { return path == dir }
	inFolders := func(path string) bool { return len(path) == len(dir)+len("/xx") }
	for name, forget := range map[string]func(*powertest.FS) disk.FS{
		"no fsync of any directory": func(p *powertest.FS) disk.FS { return forgetful{p, everywhere} },
		"no fsync of DIR":           func(p *powertest.FS) disk.FS { return forgetful{p, inDir} },
		"no fsync of the folders":   func(p *powertest.FS) disk.FS { return forgetful{p, inFolders} },
		"no fdatasync":              func(p *powertest.FS) disk.FS { return dataless{p} },
	} {
		caught := 0
		for seed := range uint64(50) {
			power, notes := powertest.New(), diary{}
			s := open(t, disk.Config{Dir: dir, FS: forget(power)})
			notes.live(t, s, rand.New(rand.NewPCG(seed, 1)), 10)
			if notes.lost(t, power.Crash(seed)) != "" {
				caught++
			}
		}
		if caught < 25 {
			t.Errorf("%s: caught with %d of 50 seeds", name, caught)
		}
	}
}

// forgetful does not sync some directories.
type forgetful struct {
	*powertest.FS
	forgets func(path string) bool
}

func (f forgetful) SyncDir(path string) error {
	if f.forgets(path) {
		return nil
	}
	return f.FS.SyncDir(path)
}

// dataless syncs no bytes.
type dataless struct{ *powertest.FS }

type datalessFile struct{ disk.File }

func (f dataless) OpenFile(path string, flag int) (disk.File, error) {
	file, err := f.FS.OpenFile(path, flag)
	return datalessFile{file}, err
}

func (datalessFile) Datasync() error { return nil }

func TestTheNumberOfSyncs(t *testing.T) {
	t.Parallel()
	power := powertest.New()
	s := open(t, disk.Config{Dir: dir, FS: power})
	for _, step := range []struct {
		name       string
		blob       storage.Name
		files, dir int
	}{
		{"the first blob of a folder syncs folder and DIR", "aadiary000/1-0", 3, 2},
		{"the next one its folder", "aadiary000/2-0", 3, 1},
		{"another folder", "abdiary000/1-0", 3, 2},
	} {
		files, dirs := power.Count(powertest.Datasync), power.Count(powertest.SyncDir)
		r, err := s.Create(t.Context(), step.blob)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := r.Write(t.Context(), []byte("page")); err != nil {
				t.Fatal(err)
			}
			if err := r.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := power.Count(powertest.Datasync) - files; got != step.files {
			t.Errorf("%s: got %d of files, want %d", step.name, got, step.files)
		}
		if got := power.Count(powertest.SyncDir) - dirs; got != step.dir {
			t.Errorf("%s: got %d of directories, want %d", step.name, got, step.dir)
		}
	}
}

func TestAnErrorIsNeverAcknowledged(t *testing.T) {
	t.Parallel()
	const other = syscall.EMFILE
	for _, c := range []struct {
		op   powertest.Op
		err  error
		want fault.Kind
	}{
		{powertest.Open, syscall.EIO, fault.Unavailable},
		{powertest.Open, other, fault.Unavailable},
		{powertest.Open, syscall.ENOSPC, fault.Full},
		{powertest.Mkdir, syscall.EDQUOT, fault.Full},
		{powertest.Mkdir, syscall.EROFS, fault.Unavailable},
		{powertest.Write, syscall.EIO, fault.Unavailable},
		{powertest.Write, syscall.ENOSPC, fault.Full},
		{powertest.Datasync, syscall.EIO, fault.Unavailable},
		{powertest.Datasync, syscall.ENOSPC, fault.Full},
		{powertest.Datasync, syscall.EDQUOT, fault.Full},
		{powertest.SyncDir, syscall.EIO, fault.Unavailable},
		{powertest.Close, syscall.EIO, fault.Unavailable},
	} {
		t.Run(fmt.Sprintf("%s/%v", c.op, c.err), func(t *testing.T) {
			t.Parallel()
			for nth := 1; ; nth++ {
				power, notes := powertest.New(), diary{}
				s := open(t, disk.Config{Dir: dir, FS: power})
				power.Fail(c.op, nth, c.err)
				before := power.Count(c.op)
				err := writeAndRetry(t, s, notes)
				for seed := range uint64(20) {
					if name := notes.lost(t, power.Crash(seed)); name != "" {
						t.Fatalf("the %d. call: acknowledged bytes of %s are lost", nth, name)
					}
				}
				if power.Count(c.op)-before < nth {
					return // there are fewer calls than that
				}
				if got := fault.Of(err); got != c.want {
					t.Errorf("the %d. call: got %v (%v), want %v", nth, got, err, c.want)
				}
				wantPathless(t, err, "/srv")
			}
		})
	}
}

// writeAndRetry syncs two blobs twice each, side by side in one new folder, and insists after every error
// as a careless caller would. It returns the first error.
func writeAndRetry(t *testing.T, s *disk.Store, notes diary) error {
	t.Helper()
	var first error
	note := func(err error) bool {
		if first == nil {
			first = err
		}
		return err == nil
	}
	names := []storage.Name{"aadiary000/1-0", "aadiary001/1-0"}
	var runs []storage.Run
	for _, name := range names {
		r, err := s.Create(t.Context(), name)
		if !note(err) {
			return first
		}
		runs = append(runs, r)
	}
	for round := range 2 {
		for i, r := range runs {
			if !note(r.Write(t.Context(), bytes.Repeat([]byte{byte(round + 1)}, 1_000))) {
				note(r.Write(t.Context(), []byte("again")))
			}
			for range 3 {
				if note(r.Sync(t.Context())) {
					notes[names[i]] = append(bytes.Repeat([]byte{1}, 1_000), bytes.Repeat([]byte{2}, 1_000*round)...)
				}
			}
		}
	}
	for _, r := range runs {
		note(r.Close())
	}
	return first
}

func TestADirectoryThatCouldNotBeSyncedIsNotTrusted(t *testing.T) {
	t.Parallel()
	power := powertest.New()
	s := open(t, disk.Config{Dir: dir, FS: power})
	put(t, s, "bbdiary000/1-0", []byte("before"))
	run, err := s.Create(t.Context(), "aadiary000/1-0")
	if err != nil {
		t.Fatal(err)
	}
	power.Fail(powertest.SyncDir, 1, syscall.EIO)
	for range 2 {
		if err := run.Sync(t.Context()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Sync: got %v, want Unavailable", err)
		}
	}
	if _, err := s.Create(t.Context(), "aadiary001/1-0"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Create: got %v, want Unavailable", err)
	}
	if err := s.Check(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Check: got %v, want Unavailable", err)
	}
	put(t, s, "bbdiary001/1-0", []byte("other folders go on"))
	restarted := open(t, disk.Config{Dir: dir, FS: power})
	put(t, restarted, "aadiary001/1-0", []byte("after"))
	if err := restarted.Check(t.Context()); err != nil {
		t.Errorf("Check after a restart: %v", err)
	}
}

func TestAFullDisk(t *testing.T) {
	t.Parallel()
	power := powertest.New()
	s := open(t, disk.Config{Dir: dir, FS: power, Reserve: 100})
	put(t, s, "aadiary000/1-0", []byte("before"))
	r, err := s.Create(t.Context(), "aadiary001/1-0")
	if err != nil {
		t.Fatal(err)
	}
	power.Room(1_500)
	if err := r.Write(t.Context(), make([]byte, 1_000), make([]byte, 1_000)); !fault.Is(err, fault.Full) {
		t.Errorf("Write: got %v, want Full", err)
	}
	if err := r.Sync(t.Context()); !fault.Is(err, fault.Full) {
		t.Errorf("Sync: got %v, want Full", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := s.Create(t.Context(), "aadiary002/1-0"); !fault.Is(err, fault.Full) {
		t.Errorf("Create below the reserve: got %v, want Full", err)
	}
	if err := s.Delete(t.Context(), "aadiary001/1-0"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	power.Room(1 << 20)
	put(t, s, "aadiary002/1-0", []byte("space is back"))
}

// slow takes its time with directories, so that other runs come between.
type slow struct{ *powertest.FS }

func (f slow) SyncDir(path string) error {
	for range 200 {
		runtime.Gosched()
	}
	return f.FS.SyncDir(path)
}

// Each run cuts the power the moment it is acknowledged, while the others are on their way.
func TestManyRunsInOneFolderLoseNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		power := powertest.New()
		s := open(t, disk.Config{Dir: dir, FS: slow{power}})
		power.Fail(powertest.SyncDir, 1+int(seed), syscall.EIO) // for some seeds beyond the last
		var all sync.WaitGroup
		for i := range 16 {
			name := storage.RunName("aadiary000", int64(i), 0, "a")
			all.Go(func() {
				r, err := s.Create(t.Context(), name)
				if err != nil {
					return
				}
				defer r.Close()
				if r.Write(t.Context(), []byte(name)) != nil || r.Sync(t.Context()) != nil {
					return
				}
				for cut := range uint64(3) {
					if (diary{name: []byte(name)}).lost(t, power.Crash(cut)) != "" {
						t.Errorf("seed %d, cut %d: %s is lost", seed, cut, name)
					}
				}
			})
		}
		all.Wait()
	}
}

// hung answers no fdatasync until it is let go.
type hung struct {
	*powertest.FS
	free chan struct{}
}

type hungFile struct {
	disk.File
	free chan struct{}
}

func (f hung) OpenFile(path string, flag int) (disk.File, error) {
	file, err := f.FS.OpenFile(path, flag)
	return hungFile{file, f.free}, err
}

func (f hungFile) Datasync() error {
	<-f.free
	return f.File.Datasync()
}

// A disk that hangs is given up, and what it says at last is not believed.
func TestAHungDiskIsGivenUp(t *testing.T) {
	t.Parallel()
	power, free := powertest.New(), make(chan struct{})
	s := open(t, disk.Config{Dir: dir, FS: hung{power, free}, Stall: 10 * time.Millisecond})
	r, err := s.Create(t.Context(), "aadiary001/1-0")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(t.Context(), []byte("never acknowledged")); err != nil {
		t.Fatal(err)
	}
	if err := r.Sync(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Sync: got %v, want Unavailable", err)
	}
	if got := power.Count(powertest.Close); got != 0 {
		t.Errorf("the file was closed %d times under its fdatasync", got)
	}
	close(free)
	for end := time.Now().Add(10 * time.Second); power.Count(powertest.Close) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the file is not closed when the disk has answered")
		}
	}
	if err := r.Sync(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Sync again: got %v, want the same refusal", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	put(t, s, "aadiary002/1-0", []byte("the disk is back"))
}
