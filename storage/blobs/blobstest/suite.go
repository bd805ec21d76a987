package blobstest

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
)

// Run tests the stores that open returns. Each subtest opens one of its own, which must be empty.
func Run(t *testing.T, open func(t *testing.T) storage.Blobs) {
	t.Helper()
	for _, clause := range []struct {
		name string
		test func(t *testing.T, b storage.Blobs)
	}{
		{"the shape is constant and makes sense", shapeIsConstant},
		{"what was synced is read", readsBack},
		{"pages are appended in order", appendsPages},
		{"pages belong to the run as the shape says", ownsPages},
		{"a run of 16 MiB or of all that is gathered", takesLargeRuns},
		{"more than is gathered is refused", refusesMoreThanGather},
		{"an empty run is an empty blob", syncsEmptyRun},
		{"a run goes on after a sync or is over, as the shape says", goesOnOrIsOver},
		{"after a failed sync only close", onlyCloseAfterFailedSync},
		{"close is safe twice and keeps the blob", closesTwice},
		{"nothing is written after close", refusesAfterClose},
		{"a name is used once", usesNameOnce},
		{"of those that race for a name one wins", oneWinsName},
		{"64 runs at once", manyRunsAtOnce},
		{"a missing blob is NotFound", missingIsNotFound},
		{"a short blob is Corrupt", shortIsCorrupt},
		{"a blob is read by many at once", manyReaders},
		{"deleted blobs are gone and the others stay", deletes},
		{"what is missing may be deleted", deletesMissing},
		{"lists by prefix, start and number, in byte order", lists},
		{"check leaves nothing behind", checks},
		{"hostile names are refused", refusesHostileNames},
		{"an ended context is refused", refusesEndedContext},
	} {
		t.Run(clause.name, func(t *testing.T) {
			t.Parallel()
			clause.test(t, open(t))
		})
	}
}

// runName is the n-th of names that the suite uses.
func runName(n int) storage.Name { return storage.RunName("Contract00", 1, n, "a") }

// pattern is n bytes that differ between seeds and do not repeat soon.
func pattern(n int, seed byte) []byte {
	p := make([]byte, n)
	x := uint32(seed) + 1
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

// roomy is n bytes, or as many as the store gathers if those are fewer.
func roomy(b storage.Blobs, n int) int {
	if g := b.Shape().Gather; g > 0 {
		return int(min(int64(n), g))
	}
	return n
}

func create(t *testing.T, b storage.Blobs, name storage.Name) storage.Run {
	t.Helper()
	r, err := b.Create(t.Context(), name)
	if err != nil {
		t.Fatalf("Create %s: %v", name, err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// put stores a blob, or ends the test.
func put(t *testing.T, b storage.Blobs, name storage.Name, pages ...[]byte) {
	t.Helper()
	r := create(t, b, name)
	wantNil(t, "Write", r.Write(t.Context(), pages...))
	wantNil(t, "Sync", r.Sync(t.Context()))
	wantNil(t, "Close", r.Close())
}

// read is Open and all that it gives.
func read(t *testing.T, b storage.Blobs, name storage.Name, off, n int64) ([]byte, error) {
	t.Helper()
	body, err := b.Open(t.Context(), name, off, n)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(body)
	wantNil(t, "Close of a reader", body.Close())
	return got, err
}

func wantBytes(t *testing.T, b storage.Blobs, name storage.Name, off int64, want []byte) {
	t.Helper()
	got, err := read(t, b, name, off, int64(len(want)))
	if err != nil {
		t.Fatalf("%s from %d: %v", name, off, err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s from %d: got %s, want %s", name, off, brief(got), brief(want))
	}
}

func brief(p []byte) string { return fmt.Sprintf("%d bytes %x…", len(p), p[:min(len(p), 8)]) }

func wantNil(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func wantError(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: got no error", what)
	}
}

func wantKind(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if got := fault.Of(err); got != want {
		t.Fatalf("%s: got %v (%v), want %v", what, got, err, want)
	}
}
