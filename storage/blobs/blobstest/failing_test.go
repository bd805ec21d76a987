package blobstest_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
	"cameo/storage/blobs/mem"
	"cameo/storage/fault"
)

const name = storage.Name("4fGh1Jk2Lm/1-0")

func inner() *mem.Store { return mem.New(storage.Shape{Parallel: 1}) }

// write stores one blob and returns the first error.
func write(ctx context.Context, s storage.Blobs, name storage.Name) error {
	r, err := s.Create(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Write(ctx, []byte("page")); err != nil {
		return err
	}
	if err := r.Sync(ctx); err != nil {
		if r.Write(ctx, []byte("page")) == nil || r.Sync(ctx) == nil {
			return errors.New("a run went on after an error")
		}
		return err
	}
	return nil
}

func read(ctx context.Context, s storage.Blobs, name storage.Name) error {
	body, err := s.Open(ctx, name, 0, 4)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.ReadAll(body)
	return err
}

func TestAFailingStoreWithoutFaultsKeepsTheContract(t *testing.T) {
	t.Parallel()
	blobstest.Run(t, func(*testing.T) storage.Blobs { return blobstest.NewFailing(inner()) })
}

func TestTheNthOperationFails(t *testing.T) {
	t.Parallel()
	planned := fault.New(fault.Full, "planned")
	for _, c := range []struct {
		op   blobstest.Op
		call func(ctx context.Context, s storage.Blobs, name storage.Name) error
	}{
		{blobstest.Create, write},
		{blobstest.Write, write},
		{blobstest.Sync, write},
		{blobstest.Open, read},
		{blobstest.Delete, func(ctx context.Context, s storage.Blobs, _ storage.Name) error {
			return s.Delete(ctx, "zzzzzzzzzz/1")
		}},
		{blobstest.List, func(ctx context.Context, s storage.Blobs, _ storage.Name) error {
			_, err := s.List(ctx, "", "", 1)
			return err
		}},
		{blobstest.Check, func(ctx context.Context, s storage.Blobs, _ storage.Name) error { return s.Check(ctx) }},
	} {
		s := blobstest.NewFailing(inner(), blobstest.Fault{Op: c.op, Nth: 2, Err: planned})
		for n := range 3 {
			name := storage.RunName("4fGh1Jk2Lm", 1, n, "a")
			if c.op == blobstest.Open {
				if err := write(t.Context(), s, name); err != nil {
					t.Fatal(err)
				}
			}
			err := c.call(t.Context(), s, name)
			if got, want := errors.Is(err, planned), n == 1; got != want {
				t.Errorf("%s, call %d: got %v", c.op, n+1, err)
			}
		}
		if got, want := s.Count(c.op), 3; got != want {
			t.Errorf("%s: got %d calls, want %d", c.op, got, want)
		}
	}
}

func TestAReadFails(t *testing.T) {
	t.Parallel()
	s := blobstest.NewFailing(inner())
	if err := write(t.Context(), s, name); err != nil {
		t.Fatal(err)
	}
	s.Plan(blobstest.Fault{Op: blobstest.Read, Nth: 1})
	if err := read(t.Context(), s, name); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	if err := read(t.Context(), s, name); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestALostAnswer(t *testing.T) {
	t.Parallel()
	s := blobstest.NewFailing(inner(), blobstest.Fault{Op: blobstest.Sync, Nth: 1, Done: true})
	if err := write(t.Context(), s, name); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	if err := read(t.Context(), s, name); err != nil {
		t.Errorf("the blob that was stored without an answer: %v", err)
	}
}

func TestAStallEndsWithItsContextOrGoesOn(t *testing.T) {
	t.Parallel()
	s := blobstest.NewFailing(inner(), blobstest.Fault{Op: blobstest.Sync, Nth: 1, Stall: true},
		blobstest.Fault{Op: blobstest.Sync, Nth: 2, Stall: true})
	ctx, end := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() { answer <- write(ctx, s, name) }()
	<-s.Stalled()
	end()
	if err := <-answer; !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: got %v, want Unavailable for it was cancelled", err)
	}

	const late = storage.Name("4fGh1Jk2Lm/2-0")
	go func() { answer <- write(t.Context(), s, late) }()
	<-s.Stalled()
	s.Release()
	s.Release()
	if err := <-answer; err != nil {
		t.Errorf("after Release: %v", err)
	}
	if err := read(t.Context(), s, late); err != nil {
		t.Errorf("the blob of the writer that woke up: %v", err)
	}
}
