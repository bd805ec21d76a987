package mem_test

import (
	"errors"
	"testing"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
	"cameo/storage/blobs/mem"
	"cameo/storage/fault"
)

const name = storage.Name("4fGh1Jk2Lm/1-0")

func shapes() map[string]storage.Shape {
	return map[string]storage.Shape{
		"disk": {Parallel: 1},
		"S3":   {Gather: 16 << 20, Inline: 1 << 20, Parallel: 4},
		"tiny": {Gather: 64 << 10, Inline: 8 << 10, Parallel: 2},
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for kind, shape := range shapes() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			blobstest.Run(t, func(*testing.T) storage.Blobs { return mem.New(shape) })
		})
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	for kind, shape := range shapes() {
		s := mem.New(shape)
		r, err := s.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(r.Write(t.Context(), []byte("four"), []byte("more")), r.Sync(t.Context()), r.Close())
		if err != nil {
			t.Fatal(err)
		}
		body, err := s.Open(t.Context(), name, 0, 8)
		if err != nil {
			t.Fatal(err)
		}
		body.Close()
		if _, err := s.List(t.Context(), "", "", 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), name, "4fGh1Jk2Lm/1-1"); err != nil {
			t.Fatal(err)
		}
		want := mem.Counts{Puts: 1, Gets: 1, Deletes: 1, Lists: 1, Written: 8}
		if got := s.Counts(); got != want {
			t.Errorf("%s: got %+v, want %+v", kind, got, want)
		}
	}
}

func TestNothingCanBeReadBeforeItIsSynced(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]fault.Kind{"disk": fault.Corrupt, "S3": fault.NotFound} {
		s := mem.New(shapes()[kind])
		r, err := s.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(t.Context(), []byte("page")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(t.Context(), name, 0, 4); !fault.Is(err, want) {
			t.Errorf("%s: got %v, want %v", kind, err, want)
		}
	}
}

func TestADeletedBlobDoesNotComeBackWithTheNextSync(t *testing.T) {
	t.Parallel()
	s := mem.New(storage.Shape{Parallel: 1})
	r, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(s.Delete(t.Context(), name), r.Write(t.Context(), []byte("late")), r.Sync(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.List(t.Context(), "", "", 9); err != nil || len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	planned := fault.New(fault.Full, "planned")
	for kind, shape := range shapes() {
		for _, failing := range []string{"create", "write", "sync", "open", "delete", "list", "check"} {
			s := mem.New(shape)
			s.Fault = func(op string, _ storage.Name) error {
				if op == failing {
					return planned
				}
				return nil
			}
			if err := everything(t, s); !errors.Is(err, planned) {
				t.Errorf("%s, %s: got %v, want the planned error", kind, failing, err)
			}
		}
	}
}

// everything does each operation once and returns the first error.
func everything(t *testing.T, s *mem.Store) error {
	t.Helper()
	r, err := s.Create(t.Context(), name)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Write(t.Context(), []byte("page")); err != nil {
		return err
	}
	if err := r.Sync(t.Context()); err != nil {
		return err
	}
	if _, err := s.Open(t.Context(), name, 0, 4); err != nil {
		return err
	}
	if _, err := s.List(t.Context(), "", "", 1); err != nil {
		return err
	}
	if err := s.Delete(t.Context(), name); err != nil {
		return err
	}
	return s.Check(t.Context())
}
