package storage_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// hang starts a write that sends b and then nothing, and returns when the node has begun to read it.
func hang(t *testing.T, e *storage.Engine, id storage.ID, at int64, b []byte) (*body, <-chan error) {
	t.Helper()
	return hangFor(t, e, id, at, size-at, b)
}

// hangFor is hang with a range of n bytes.
func hangFor(t *testing.T, e *storage.Engine, id storage.ID, at, n int64, b []byte) (*body, <-chan error) {
	t.Helper()
	reading := make(chan struct{})
	var once sync.Once
	w := silent(b)
	w.pause = func() {
		if len(w.data) == 0 {
			once.Do(func() { close(reading) })
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := send(e, id, at, n, w)
		done <- err
	}()
	select {
	case <-reading:
	case <-time.After(5 * time.Second):
		t.Fatal("the write did not begin")
	}
	return w, done
}

func TestStatusEndsTheRunningWrite(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		_, done := hang(t, e, id, 0, data[:5000])
		u, err := e.Status(bg, id)
		if err != nil || u.Offset != 5000 || h.busy(u) {
			t.Fatalf("got offset %d, writer %q, %v", u.Offset, u.Writer, err)
		}
		if err := <-done; !fault.Is(err, fault.Superseded) {
			t.Errorf("the running write ended with %v", err)
		}
		if _, err := put(e, id, 5000, data[5000:]); err != nil {
			t.Fatal(err)
		}
		same(t, h.read(e, id), data)
	})
}

func TestFindEndsNothing(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		w, done := hang(t, e, id, 0, data[:5000])
		if u, err := e.Find(bg, id); err != nil || u.Writer != "a" {
			t.Fatalf("got %q, %v", u.Writer, err)
		}
		select {
		case err := <-done:
			t.Fatalf("the write ended: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		w.Interrupt()
		<-done
	})
}

func TestStatusFencesAnotherNode(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		a, b, data := h.node("a"), h.node("b"), photo(size)
		id := h.create(a, size)
		w, done := hang(t, a, id, 0, data[:5000])
		u, err := b.Status(bg, id)
		if err != nil || u.Offset != 0 {
			t.Fatalf("got offset %d, %v", u.Offset, err)
		}
		if _, err := put(b, id, 0, data); err != nil {
			t.Fatal(err)
		}
		w.Interrupt() // the frozen node wakes up and tries to keep what it had
		if err := <-done; !fault.Is(err, fault.Superseded) && !fault.Is(err, fault.Conflict) {
			t.Errorf("the fenced write ended with %v", err)
		}
		same(t, h.read(b, id), data)
		mustSweep(t, b)
		h.pass(2 * time.Hour)
		mustSweep(t, b)
		h.wantNoOrphans(id)
		same(t, h.read(b, id), data)
	})
}

func TestNewestWriteWins(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		_, done := hang(t, e, id, 0, photo(5000))
		if u, err := put(e, id, 0, data); err != nil || u.State != storage.Complete {
			t.Fatalf("got %v, %v", u.State, err)
		}
		if err := <-done; !fault.Is(err, fault.Superseded) {
			t.Errorf("the older write ended with %v", err)
		}
		same(t, h.read(e, id), data)
	})
}

func TestWrongOffsetLeavesTheRunningWriteAlone(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		w, done := hang(t, e, id, 0, data[:5000])
		if _, err := put(e, id, 100, data[100:]); !fault.Is(err, fault.WrongOffset) {
			t.Fatalf("got %v", err)
		}
		select {
		case err := <-done:
			t.Fatalf("the running write ended: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		w.Interrupt()
		<-done
		if u, _ := e.Find(bg, id); u.Offset != 5000 {
			t.Errorf("got offset %d, want what had arrived", u.Offset)
		}
	})
}

func TestSameOffsetHundredTimes(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		nodes := []*storage.Engine{h.node("a"), h.node("b")}
		id := h.create(nodes[0], size)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var winners [][]byte
		for i := range 100 {
			wg.Go(func() {
				mine := photo(size)
				_, err := put(nodes[i%2], id, 0, mine)
				mu.Lock()
				defer mu.Unlock()
				switch fault.Of(err) {
				case 0:
					winners = append(winners, mine)
				case fault.Superseded, fault.WrongOffset, fault.Conflict:
				default:
					t.Errorf("a loser got %v", err)
				}
			})
		}
		wg.Wait()
		if len(winners) != 1 {
			t.Fatalf("got %d winners, want 1", len(winners))
		}
		same(t, h.read(nodes[1], id), winners[0])
	})
}

func TestDrain(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		ids, ends := []storage.ID{}, []<-chan error{}
		for range 10 {
			id := h.create(e, size)
			_, done := hang(t, e, id, 0, data[:5000])
			ids, ends = append(ids, id), append(ends, done)
		}
		ctx, cancel := context.WithTimeout(bg, 5*time.Second)
		defer cancel()
		if err := e.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		for i, done := range ends {
			if err := <-done; !fault.Is(err, fault.Unavailable) {
				t.Errorf("got %v", err)
			}
			if u, _ := e.Find(bg, ids[i]); u.Offset != 5000 || h.busy(u) {
				t.Errorf("got offset %d, writer %q", u.Offset, u.Writer)
			}
		}
		if _, err := put(e, ids[0], 5000, data[5000:]); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a drained engine answers %v", err)
		}
		if _, err := put(h.node("b"), ids[0], 5000, data[5000:]); err != nil {
			t.Errorf("the next node cannot go on: %v", err)
		}
	})
}
