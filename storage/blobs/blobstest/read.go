package blobstest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"cameo/storage"
	"cameo/storage/fault"
)

func readsBack(t *testing.T, b storage.Blobs) {
	all := pattern(100_000, 1)
	if n := roomy(b, len(all)); n < len(all) {
		all = all[:n]
	}
	end := int64(len(all))
	put(t, b, runName(0), all)
	for _, part := range []struct{ off, n int64 }{
		{0, end}, {0, 1}, {0, 0}, {1, 1}, {511, 514}, {4_095, 4_098}, {end / 2, end / 2}, {end - 1, 1}, {end, 0},
	} {
		wantBytes(t, b, runName(0), part.off, all[part.off:part.off+part.n])
	}
	body, err := b.Open(t.Context(), runName(0), 100, 5_000)
	wantNil(t, "Open", err)
	wantNil(t, "the rules of io.Reader", iotest.TestReader(body, all[100:5_100]))
	wantNil(t, "Close in the midst", body.Close())
}

func missingIsNotFound(t *testing.T, b storage.Blobs) {
	put(t, b, runName(0), pattern(10, 1))
	for _, name := range []storage.Name{runName(1), "Contract00/1", "Contract01/1-0", "zzzzzzzzzz/1-0"} {
		_, err := read(t, b, name, 0, 1)
		wantKind(t, string(name), err, fault.NotFound)
	}
}

func shortIsCorrupt(t *testing.T, b storage.Blobs) {
	put(t, b, runName(0), pattern(1_000, 1))
	for _, part := range []struct{ off, n int64 }{
		{0, 1_001}, {999, 2}, {1_000, 1}, {5_000, 1}, {0, 1 << 40}, {1 << 62, 1 << 62},
	} {
		_, err := read(t, b, runName(0), part.off, part.n)
		wantKind(t, "beyond the end", err, fault.Corrupt)
	}
}

func manyReaders(t *testing.T, b storage.Blobs) {
	all := pattern(50_000, 1)
	put(t, b, runName(0), all)
	var readers sync.WaitGroup
	for i := range 16 {
		off := int64(i * 1_000)
		readers.Go(func() {
			body, err := b.Open(t.Context(), runName(0), off, 30_000)
			if err != nil {
				t.Errorf("Open from %d: %v", off, err)
				return
			}
			defer body.Close()
			if err := iotest.TestReader(body, all[off:off+30_000]); err != nil {
				t.Errorf("from %d: %v", off, err)
			}
		})
	}
	readers.Wait()
}

func deletes(t *testing.T, b storage.Blobs) {
	for i := range 4 {
		put(t, b, runName(i), pattern(100, byte(i)))
	}
	wantNil(t, "Delete of two and a missing one", b.Delete(t.Context(), runName(0), runName(9), runName(2)))
	for i := range 4 {
		if i%2 == 1 {
			wantBytes(t, b, runName(i), 0, pattern(100, byte(i)))
			continue
		}
		_, err := read(t, b, runName(i), 0, 1)
		wantKind(t, "a deleted blob", err, fault.NotFound)
	}
	wantNames(t, b, []storage.Name{runName(1), runName(3)})
}

func deletesMissing(t *testing.T, b storage.Blobs) {
	wantNil(t, "Delete of none", b.Delete(t.Context()))
	wantNil(t, "Delete in an empty store", b.Delete(t.Context(), runName(0), "zzzzzzzzzz/1"))
	put(t, b, runName(0), pattern(100, 1))
	wantNil(t, "Delete", b.Delete(t.Context(), runName(0)))
	wantNil(t, "Delete again", b.Delete(t.Context(), runName(0)))
	wantNil(t, "Delete twice at once", b.Delete(t.Context(), runName(1), runName(1)))
}

func wantNames(t *testing.T, b storage.Blobs, want []storage.Name) {
	t.Helper()
	got, err := b.List(t.Context(), "", "", len(want)+10)
	wantNil(t, "List", err)
	if !slices.Equal(got, want) {
		t.Errorf("List: got %q, want %q", got, want)
	}
}

func lists(t *testing.T, b storage.Blobs) {
	wantNames(t, b, nil)
	all := []storage.Name{
		"00aaaaaaaa/1-0", "Contract00/1-0", "Contract00/1-1", "Contract00/1-10", "Contract00/10-0",
		"Contract00/2-0", "Contract000/1-0", "Contract01/1-0", "Copper0000/photo-256", "zz00000000/1",
		"zzzzzzzzzzzz/1-0",
	}
	for i := range all { // in another order than they are listed in
		put(t, b, all[i*7%len(all)], pattern(10, byte(i)))
	}
	if !slices.IsSorted(all) {
		t.Fatal("the test's names are not in byte order")
	}
	prefixes := []storage.Name{
		"", "C", "Co", "Contract00", "Contract00/", "Contract00/1-", "Contract00/1-1", "z", "y", "Contract00/3",
	}
	starts := append([]storage.Name{"", "0", "Contract00/1-05", "Contract00/9", "D", "zzzzzzzzzzzz/2"}, all...)
	for _, under := range prefixes {
		for _, after := range starts {
			for _, n := range []int{0, 1, 3, len(all), 1_000} {
				got, err := b.List(t.Context(), under, after, n)
				wantNil(t, "List", err)
				if want := expected(all, under, after, n); !slices.Equal(got, want) {
					t.Fatalf("List under %q after %q at most %d: got %q, want %q", under, after, n, got, want)
				}
			}
		}
	}
}

func expected(all []storage.Name, under, after storage.Name, n int) []storage.Name {
	var want []storage.Name
	for _, name := range all {
		if name > after && strings.HasPrefix(string(name), string(under)) && len(want) < n {
			want = append(want, name)
		}
	}
	return want
}

func checks(t *testing.T, b storage.Blobs) {
	put(t, b, runName(0), pattern(10, 1))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 3 {
				if err := b.Check(t.Context()); err != nil {
					t.Errorf("Check: %v", err)
				}
			}
		})
	}
	all.Wait()
	wantNames(t, b, []storage.Name{runName(0)})
}

func refusesHostileNames(t *testing.T, b storage.Blobs) {
	for _, name := range []storage.Name{
		"", "/", ".", "..", "Contract00", "Contract00/", "/Contract00", "/etc/passwd", "short/1",
		"Contract00/1/2", "Contract00//1", "Contract00/..", "Contract00/../../x", "../../../../x", "..ntract00/1",
		"Contract00/1.2", "Contract00/.probe", "Contract00\\..\\x/1", "Contract00/%2e%2e", "Contract00/\x00",
		"Contract\x0000/1", "Contract00/1\n", "Contract00/ 1", "Contrac–00/1", "Contract00/é",
	} {
		r, err := b.Create(t.Context(), name)
		wantKind(t, "Create "+string(name), err, fault.Internal)
		if r != nil {
			t.Errorf("Create %q: got a run beside the error", name)
		}
		_, err = read(t, b, name, 0, 0)
		wantKind(t, "Open "+string(name), err, fault.Internal)
		wantKind(t, "Delete "+string(name), b.Delete(t.Context(), name), fault.Internal)
	}
	for _, prefix := range []storage.Name{"..", "../", "/", "Contract00/../", "\x00\x00"} {
		got, err := b.List(t.Context(), prefix, "", 10)
		if err == nil && len(got) > 0 {
			t.Errorf("List under %q: got %q", prefix, got)
		}
	}
	wantNames(t, b, nil)
}

func refusesEndedContext(t *testing.T, b storage.Blobs) {
	put(t, b, runName(0), pattern(10, 1))
	ctx, end := context.WithCancel(t.Context())
	r := create(t, b, runName(1))
	wantNil(t, "Write", r.Write(ctx, pattern(10, 2)))
	end()
	wantKind(t, "Sync", r.Sync(ctx), fault.Unavailable)
	wantNil(t, "Close", r.Close())
	_, err := b.Open(ctx, runName(0), 0, 10)
	wantKind(t, "Open", err, fault.Unavailable)
	_, err = b.List(ctx, "", "", 10)
	wantKind(t, "List", err, fault.Unavailable)
	wantKind(t, "Check", b.Check(ctx), fault.Unavailable)
	wantKind(t, "Delete", b.Delete(ctx, runName(0)), fault.Unavailable)
	wantBytes(t, b, runName(0), 0, pattern(10, 1))
}
