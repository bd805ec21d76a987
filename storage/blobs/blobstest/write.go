package blobstest

import (
	"context"
	"sync"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
)

func shapeIsConstant(t *testing.T, b storage.Blobs) {
	got, again := b.Shape(), b.Shape()
	if got != again {
		t.Errorf("got %+v and then %+v", got, again)
	}
	if got.Gather < 0 || got.Inline < 0 || got.Parallel < 1 || (got.Gather > 0 && got.Inline > got.Gather) {
		t.Errorf("got %+v: want no negative, Inline within Gather, at least one run at once", got)
	}
}

func appendsPages(t *testing.T, b storage.Blobs) {
	all := pattern(10_000, 1)
	r := create(t, b, runName(0))
	wantNil(t, "Write of many", r.Write(t.Context(), all[:1], all[1:700], nil, all[700:4096], []byte{}))
	wantNil(t, "Write of none", r.Write(t.Context()))
	wantNil(t, "Write of one", r.Write(t.Context(), all[4096:]))
	wantNil(t, "Sync", r.Sync(t.Context()))
	wantBytes(t, b, runName(0), 0, all)
}

func ownsPages(t *testing.T, b storage.Blobs) {
	page, want := pattern(5_000, 1), pattern(5_000, 1)
	r := create(t, b, runName(0))
	wantNil(t, "Write", r.Write(t.Context(), page))
	if b.Shape().Gather == 0 {
		clear(page) // ours again
	}
	wantNil(t, "Sync", r.Sync(t.Context()))
	clear(page) // ours again in either shape
	wantBytes(t, b, runName(0), 0, want)
}

func takesLargeRuns(t *testing.T, b storage.Blobs) {
	const page = 1 << 20
	all := pattern(roomy(b, 16<<20), 1)
	r := create(t, b, runName(0))
	for rest := all; len(rest) > 0; rest = rest[min(page, len(rest)):] {
		wantNil(t, "Write", r.Write(t.Context(), rest[:min(page, len(rest))]))
	}
	wantNil(t, "Sync", r.Sync(t.Context()))
	wantBytes(t, b, runName(0), 0, all)
}

func refusesMoreThanGather(t *testing.T, b storage.Blobs) {
	gather := int(b.Shape().Gather)
	if gather == 0 {
		return // no bound
	}
	r := create(t, b, runName(0))
	wantNil(t, "Write of all that is gathered", r.Write(t.Context(), make([]byte, gather)))
	wantError(t, "Write of one byte more", r.Write(t.Context(), []byte{1}))
	wantNil(t, "Close", r.Close())
	_, err := read(t, b, runName(0), 0, 1)
	wantKind(t, "Open of the run that was refused", err, fault.NotFound)
}

func syncsEmptyRun(t *testing.T, b storage.Blobs) {
	put(t, b, runName(0))
	wantBytes(t, b, runName(0), 0, nil)
	_, err := read(t, b, runName(0), 0, 1)
	wantKind(t, "one byte of an empty blob", err, fault.Corrupt)
}

func goesOnOrIsOver(t *testing.T, b storage.Blobs) {
	first, second := pattern(3_000, 1), pattern(2_000, 2)
	r := create(t, b, runName(0))
	wantNil(t, "Write", r.Write(t.Context(), first))
	wantNil(t, "Sync", r.Sync(t.Context()))
	if b.Shape().Gather > 0 {
		wantError(t, "Write after Sync", r.Write(t.Context(), second))
		wantError(t, "second Sync", r.Sync(t.Context()))
		wantBytes(t, b, runName(0), 0, first)
		return
	}
	wantBytes(t, b, runName(0), 0, first)
	wantNil(t, "second Write", r.Write(t.Context(), second))
	wantNil(t, "second Sync", r.Sync(t.Context()))
	wantNil(t, "Sync of nothing new", r.Sync(t.Context()))
	wantBytes(t, b, runName(0), 0, append(first, second...))
}

// A context that has ended makes any store's Sync fail.
func onlyCloseAfterFailedSync(t *testing.T, b storage.Blobs) {
	ended, end := context.WithCancel(t.Context())
	end()
	r := create(t, b, runName(0))
	wantNil(t, "Write", r.Write(t.Context(), pattern(100, 1)))
	wantError(t, "Sync with an ended context", r.Sync(ended))
	wantError(t, "Write after a failed Sync", r.Write(t.Context(), pattern(100, 2)))
	wantError(t, "Sync after a failed Sync", r.Sync(t.Context()))
	wantNil(t, "Close", r.Close())
}

func closesTwice(t *testing.T, b storage.Blobs) {
	want := pattern(1_000, 1)
	r := create(t, b, runName(0))
	wantNil(t, "Write", r.Write(t.Context(), want))
	wantNil(t, "Sync", r.Sync(t.Context()))
	wantNil(t, "Close", r.Close())
	wantNil(t, "second Close", r.Close())
	wantBytes(t, b, runName(0), 0, want)

	unused := create(t, b, runName(1))
	wantNil(t, "Close of an unused run", unused.Close())
	wantNil(t, "second Close of an unused run", unused.Close())
}

func refusesAfterClose(t *testing.T, b storage.Blobs) {
	r := create(t, b, runName(0))
	wantNil(t, "Close", r.Close())
	wantError(t, "Write after Close", r.Write(t.Context(), []byte{1}))
	wantError(t, "Sync after Close", r.Sync(t.Context()))
}

func usesNameOnce(t *testing.T, b storage.Blobs) {
	first := pattern(1_000, 1)
	put(t, b, runName(0), first)
	wantKind(t, "a second run of the name", store(t.Context(), b, runName(0), pattern(2_000, 2)), fault.Exists)
	wantBytes(t, b, runName(0), 0, first)
	_, err := read(t, b, runName(0), 0, 1_001)
	wantKind(t, "a byte of the second run", err, fault.Corrupt)
}

func oneWinsName(t *testing.T, b storage.Blobs) {
	const racers = 8
	var errs [racers]error
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() { errs[i] = store(t.Context(), b, runName(0), pattern(4_000, byte(i))) })
	}
	all.Wait()
	winner := -1
	for i, err := range errs {
		switch {
		case err != nil:
			wantKind(t, "a loser", err, fault.Exists)
		case winner >= 0:
			t.Fatalf("%d and %d both stored the name", winner, i)
		default:
			winner = i
		}
	}
	if winner < 0 {
		t.Fatal("nobody stored the name")
	}
	wantBytes(t, b, runName(0), 0, pattern(4_000, byte(winner)))
}

func manyRunsAtOnce(t *testing.T, b storage.Blobs) {
	const runs = 64
	var errs [runs]error
	var all sync.WaitGroup
	for i := range runs {
		all.Go(func() { errs[i] = store(t.Context(), b, runName(i), pattern(10_000+i, byte(i))) })
	}
	all.Wait()
	for i, err := range errs {
		wantNil(t, string(runName(i)), err)
		wantBytes(t, b, runName(i), 0, pattern(10_000+i, byte(i)))
	}
	names, err := b.List(t.Context(), "", "", 2*runs)
	wantNil(t, "List", err)
	if len(names) != runs {
		t.Errorf("List: got %d names, want %d", len(names), runs)
	}
}

// store is put for goroutines: it returns the first error.
func store(ctx context.Context, b storage.Blobs, name storage.Name, page []byte) error {
	r, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Write(ctx, page[:len(page)/2], page[len(page)/2:]); err != nil {
		return err
	}
	if err := r.Sync(ctx); err != nil {
		return err
	}
	return r.Close()
}
