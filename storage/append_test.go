package storage_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

const size = 40 << 10

var bg = context.Background()

func put(e *storage.Engine, id storage.ID, at int64, b []byte) (storage.Upload, error) {
	return send(e, id, at, int64(len(b)), whole(b))
}

func send(e *storage.Engine, id storage.ID, at, n int64, b storage.Body) (storage.Upload, error) {
	return e.Append(bg, storage.Write{ID: id, At: at, Len: n, Total: storage.Unknown, Body: b})
}

func TestAppendWhole(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, want := h.node("a"), photo(size)
		id := h.create(e, size)
		u, err := put(e, id, 0, want)
		if err != nil || u.State != storage.Complete || u.Offset != size || u.Writer != "" {
			t.Fatalf("got %+v, %v", u, err)
		}
		same(t, h.read(e, id), want)
	})
}

func TestAppendAnswers(t *testing.T) {
	t.Parallel()
	data := photo(size)
	half := int64(size / 2)
	cases := []struct {
		name string
		sent int64 // durable before
		w    storage.Write
		want fault.Kind // 0: no error
		at   int64      // offset afterwards
	}{
		{"first chunk", 0, write(0, data[:100]), 0, 100},
		{"next chunk", half, write(half, data[half:half+10]), 0, half + 10},
		{"last chunk", half, write(half, data[half:]), 0, size},
		{"gap", half, write(half+1, data[half+1:]), fault.WrongOffset, half},
		{"overlap", half, write(half-1, data[half-1:]), fault.WrongOffset, half},
		{"behind the end", half, write(half, photo(size)), fault.WrongOffset, half},
		{"other total", half, total(write(half, data[half:]), size+1), fault.Malformed, half},
		{"same total", half, total(write(half, data[half:]), size), 0, size},
		{"exact repeat", half, write(0, data[:half]), 0, half},
		{"repeat of other bytes", half, write(0, photo(int(half))), fault.Conflict, half},
		{"cut repeat", half, cutWrite(0, data[:half], 7), fault.Cut, half},
		{"repeat of the last", size, write(0, data), 0, size},
		{"new data on a complete one", size, write(size, data[:1]), fault.Conflict, size},
		{"cut", half, cutWrite(half, data[half:], 1000), fault.Cut, half + 1000},
		{"cut before the first byte", half, cutWrite(half, data[half:], 0), fault.Cut, half},
		{"longer than its range", half, longWrite(half, data[half:], 50), fault.Malformed, half},
		{"no bytes", half, write(half, nil), 0, half},
		{"right checksum", half, digest(write(half, data[half:]), data[half:]), 0, size},
		{"wrong checksum", half, digest(write(half, data[half:]), data[:half]), fault.Mismatch, half},
		{"cut with a checksum", half, digest(cutWrite(half, data[half:], 1000), data[half:]), fault.Cut, half},
	}
	eachShape(t, func(t *testing.T, h *house) {
		e := h.node("a")
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				id := h.create(e, size)
				if c.sent > 0 {
					if _, err := put(e, id, 0, data[:c.sent]); err != nil {
						t.Fatal(err)
					}
				}
				w := c.w
				w.ID, w.Body = id, fresh(c.w.Body)
				if w.Digest != nil {
					w.Digest = &storage.Digest{Hash: sha256.New(), Want: w.Digest.Want}
				}
				u, err := e.Append(bg, w)
				if got := fault.Of(err); got != c.want {
					t.Fatalf("got %v (%v), want %v", got, err, c.want)
				}
				if u.Offset != c.at {
					t.Errorf("got offset %d, want %d", u.Offset, c.at)
				}
				if now, _ := e.Find(bg, id); now.Offset != c.at || h.busy(now) {
					t.Errorf("the row says offset %d, writer %q; want %d and none", now.Offset, now.Writer, c.at)
				}
				if u.Offset < size { // whatever was answered, the upload can be finished from where it stands
					if u, err = put(e, id, u.Offset, data[u.Offset:]); err != nil || u.State != storage.Complete {
						t.Fatalf("resume: %+v, %v", u, err)
					}
				}
				same(t, h.read(e, id), data)
				if left := h.orphans(id); c.want == fault.Mismatch && len(left) > 0 {
					t.Errorf("refused bytes were kept: %v", left)
				}
			})
		}
	})
}

func TestJudge(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.judge = func(u storage.Upload) error {
			if string(u.Head[:4]) == "good" {
				return nil
			}
			return fault.New(fault.Unsupported, "no image").Because("not_an_image")
		}
		e := h.node("a")
		good, bad := append([]byte("good"), photo(size)...), append([]byte("evil"), photo(size)...)
		for _, c := range []struct {
			name string
			data []byte
			want storage.State
		}{{"good", good, storage.Complete}, {"bad", bad, storage.Failed}} {
			id := h.create(e, int64(len(good)))
			if _, err := put(e, id, 0, c.data[:3]); err != nil { // the head arrives in two pieces
				t.Fatal(err)
			}
			u, err := put(e, id, 3, c.data[3:])
			if u.State != c.want || fault.Is(err, fault.Unsupported) != (c.want == storage.Failed) {
				t.Fatalf("%s: got %v, %v", c.name, u.State, err)
			}
			if c.want == storage.Complete {
				continue
			}
			if u.Reason != "not_an_image" {
				t.Errorf("got reason %q", u.Reason)
			}
			if _, err := e.Open(bg, u, 0, 1); err == nil {
				t.Error("bytes of a failed upload can be read")
			}
			if _, err := put(e, id, u.Offset, []byte("x")); !fault.Is(err, fault.Unsupported) {
				t.Errorf("a failed upload answers %v", err)
			}
			mustSweep(t, e)
			h.wantNoOrphans(id)
		}
	})
}

func TestStoreErrors(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		if _, err := put(e, id, 0, data[:10<<10]); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []fault.Kind{fault.Full, fault.Unavailable} {
			for _, op := range []string{"create", "write", "sync"} {
				h.failNext(op, fault.New(kind, "the store is %s", kind))
				e = h.node(op + kind.String()[:2]) // without a run to go on with
				u, err := put(e, id, 10<<10, data[10<<10:])
				if !fault.Is(err, kind) || u.Offset != 10<<10 {
					t.Fatalf("%s %v: got offset %d, %v", op, kind, u.Offset, err)
				}
			}
		}
		if u, err := put(e, id, 10<<10, data[10<<10:]); err != nil || u.State != storage.Complete {
			t.Fatalf("after the store recovered: %v, %v", u.State, err)
		}
		same(t, h.read(e, id), data)
		mustSweep(t, e)
		h.wantNoOrphans(id)
	})
}

func TestSealWhileSilent(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.limits.Seal = 10 * time.Millisecond
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		b := silent(data[:3000])
		done := make(chan error, 1)
		go func() { _, err := send(e, id, 0, size, b); done <- err }()
		eventually(t, func() bool { u, _ := e.Find(bg, id); return u.Offset == 3000 })
		b.Interrupt()
		if err := <-done; !fault.Is(err, fault.Cut) {
			t.Fatalf("got %v", err)
		}
		if _, err := put(e, id, 3000, data[3000:]); err != nil {
			t.Fatal(err)
		}
		same(t, h.read(e, id), data)
	})
}

func write(at int64, b []byte) storage.Write {
	return storage.Write{At: at, Len: int64(len(b)), Total: storage.Unknown, Body: whole(b)}
}

func cutWrite(at int64, b []byte, n int) storage.Write {
	return storage.Write{At: at, Len: int64(len(b)), Total: storage.Unknown, Body: cut(b[:n])}
}

func longWrite(at int64, b []byte, n int64) storage.Write {
	return storage.Write{At: at, Len: n, Total: storage.Unknown, Body: whole(b)}
}

func total(w storage.Write, n int64) storage.Write {
	w.Total = n
	return w
}

func digest(w storage.Write, b []byte) storage.Write {
	sum := sha256.Sum256(b)
	w.Digest = &storage.Digest{Want: sum[:]}
	return w
}

// fresh copies a body, so that a table's row can be used once a shape.
func fresh(b storage.Body) storage.Body {
	was, ok := b.(*body)
	if !ok {
		return b
	}
	return &body{data: was.data, then: was.then, piece: 700, stop: make(chan struct{})}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("it did not happen within 5 s")
}

func mustSweep(t *testing.T, e *storage.Engine) storage.Swept {
	t.Helper()
	s, err := e.Sweep(bg)
	if err != nil {
		t.Fatalf("sweep: %v", err)
	}
	return s
}

// A store that fails while the client is silent ends the write with its own error.
func TestSealWhileSilentFails(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.limits.Seal = 10 * time.Millisecond
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		h.failNext("sync", fault.New(fault.Full, "the store is full"))
		if _, err := send(e, id, 0, size, silent(data[:3000])); !fault.Is(err, fault.Full) {
			t.Fatalf("got %v, want full", err)
		}
		if _, err := put(e, id, 0, data); err != nil {
			t.Fatal(err)
		}
		same(t, h.read(e, id), data)
	})
}

// The last bytes may be sealed, because it is time, before the end of the body is heard.
func TestAppendEndsLate(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.limits.Seal = time.Millisecond
		e, want := h.node("a"), photo(size)
		id := h.create(e, size)
		b := whole(want)
		b.pause = func() {
			if len(b.data) == 0 {
				time.Sleep(100 * time.Millisecond)
			}
		}
		ended := time.AfterFunc(10*time.Second, func() {
			t.Error("the write does not end")
			b.Interrupt()
			_ = e.Drain(bg)
		})
		defer ended.Stop()
		if u, err := send(e, id, 0, size, b); err != nil || u.State != storage.Complete {
			t.Fatalf("got %v, %v", u.State, err)
		}
		same(t, h.read(e, id), want)
	})
}

// Repeats that hang take nothing from those who write, and an upload has one at most.
func TestRepeatsThatHang(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.limits.Memory = 64 << 10 // two pages
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		if _, err := put(e, id, 0, data[:100]); err != nil {
			t.Fatal(err)
		}
		ends := make(chan error, 20)
		for range cap(ends) {
			b := silent(nil)
			go func() {
				_, err := send(e, id, 0, 100, b)
				ends <- err
			}()
		}
		other := h.create(e, size)
		if u, err := put(e, other, 0, data); err != nil || u.State != storage.Complete {
			t.Fatalf("beside them: got %v, %v", u.State, err)
		}
		for range cap(ends) - 1 {
			select {
			case err := <-ends:
				if !fault.Is(err, fault.Superseded) {
					t.Errorf("an older repeat ended with %v", err)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("more than one repeat is still being read")
			}
		}
		if u, err := put(e, id, 0, data[:100]); err != nil || u.Offset != 100 {
			t.Errorf("the repeat that is sent whole: got offset %d, %v", u.Offset, err)
		}
	})
}
