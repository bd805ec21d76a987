package storage_test

import (
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
)

// deferred is an upload whose length is not known yet.
func (h *house) deferred(e *storage.Engine) storage.ID {
	h.t.Helper()
	return h.create(e, storage.Unknown)
}

func declare(e *storage.Engine, id storage.ID, at, length int64) (storage.Upload, error) {
	return e.Append(bg, storage.Write{ID: id, At: at, Total: storage.Unknown, Length: length})
}

// The length may be declared before, between or behind the bytes. Behind them it completes the upload, whose
// tail may still be in the row.
func TestALengthIsDeclaredLater(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(20<<10)
		all := int64(len(data))
		for _, at := range []int64{0, 100, 17 << 10, all} {
			id := h.deferred(e)
			if at > 0 {
				if u, err := put(e, id, 0, data[:at]); err != nil || u.State != storage.Active || u.Length != storage.Unknown {
					t.Fatalf("before: got %+v, %v", u, err)
				}
			}
			u, err := declare(e, id, at, all)
			if err != nil || u.Length != all || u.Offset != at || (u.State == storage.Complete) != (at == all) {
				t.Fatalf("declared at %d: got %+v, %v", at, u, err)
			}
			if got, err := h.ledger.Find(bg, id); err != nil || got.Length != all || got.Offset != at {
				t.Fatalf("declared at %d: the row is %+v, %v", at, got, err)
			}
			if at < all {
				if u, err = put(e, id, at, data[at:]); err != nil || u.State != storage.Complete {
					t.Fatalf("after: got %+v, %v", u, err)
				}
			}
			same(t, h.read(e, id), data)
			h.wantNoOrphans(id)
		}
	})
}

// A body that is the end of the upload completes it, whatever has come before; one that is cut does not.
func TestABodyEndsTheUpload(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(20<<10)
		all := int64(len(data))
		last := func(id storage.ID, at int64, body *body) (storage.Upload, error) {
			return e.Append(bg, storage.Write{
				ID: id, At: at, Len: h.limits.MaxSize - at, UpTo: true, Ends: true, Total: storage.Unknown, Body: body,
			})
		}
		for _, at := range []int64{0, 100, 17 << 10} {
			id := h.deferred(e)
			if at > 0 {
				if _, err := put(e, id, 0, data[:at]); err != nil {
					t.Fatal(err)
				}
			}
			middle := (at + all) / 2
			if u, err := last(id, at, cut(data[at:middle])); !fault.Is(err, fault.Cut) || u.State != storage.Active || u.Length != storage.Unknown || u.Offset != middle {
				t.Fatalf("cut after %d: got %+v, %v", at, u, err)
			}
			u, err := last(id, middle, whole(data[middle:]))
			if err != nil || u.State != storage.Complete || u.Length != all || u.Offset != all {
				t.Fatalf("from %d on: got %+v, %v", middle, u, err)
			}
			if row, err := h.ledger.Find(bg, id); err != nil || row.State != storage.Complete || row.Length != all {
				t.Fatalf("from %d on: the row is %+v, %v", middle, row, err)
			}
			same(t, h.read(e, id), data)
			h.wantNoOrphans(id)
		}
		id := h.deferred(e) // nothing at all is no upload
		if u, err := last(id, 0, whole(nil)); err != nil || u.State != storage.Active || u.Length != storage.Unknown {
			t.Errorf("an empty body: got %+v, %v", u, err)
		}
	})
}

func TestADeclaredLengthMustFit(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.limits.MaxSize = 1000
		e := h.node("a")
		id := h.deferred(e)
		if _, err := put(e, id, 0, photo(500)); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name       string
			at, length int64
			want       fault.Kind
		}{
			{"less than there is", 500, 499, fault.Malformed},
			{"below zero", 500, -5, fault.Malformed},
			{"above the limit", 500, 1001, fault.TooLarge},
			{"elsewhere", 400, 900, fault.WrongOffset},
			{"right", 500, 900, 0},
			{"again", 500, 900, fault.Malformed},
		} {
			if _, err := declare(e, id, c.at, c.length); fault.Of(err) != c.want {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		other := h.deferred(e)
		if _, err := put(e, other, 0, photo(1001)); !fault.Is(err, fault.TooLarge) {
			t.Errorf("too many bytes: got %v, want too large", err)
		}
	})
}

// A body of unknown length ends where it says; one that was cut says nothing, and is not taken for whole.
func TestABodyOfUnknownLength(t *testing.T) {
	t.Parallel()
	data := photo(20 << 10)
	for _, c := range []struct {
		name   string
		length int64 // of the upload
		most   int64
		body   func() *body
		want   fault.Kind
		at     int64
	}{
		{"ends early", 30 << 10, 30 << 10, func() *body { return whole(data) }, 0, 20 << 10},
		{"ends with the upload", 20 << 10, 20 << 10, func() *body { return whole(data) }, 0, 20 << 10},
		{"is empty", 30 << 10, 30 << 10, func() *body { return whole(nil) }, 0, 0},
		{"is cut", 30 << 10, 30 << 10, func() *body { return cut(data) }, fault.Cut, 20 << 10},
		{"goes on too long", 10 << 10, 10 << 10, func() *body { return whole(data) }, fault.Malformed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachShape(t, func(t *testing.T, h *house) {
				e := h.node("a")
				id := h.create(e, c.length)
				u, err := e.Append(bg, storage.Write{
					ID: id, Len: c.most, UpTo: true, Total: storage.Unknown, Body: c.body(),
				})
				if fault.Of(err) != c.want || u.Offset != c.at || (u.State == storage.Complete) != (c.at == c.length) {
					t.Errorf("got %+v, %v, want %v at %d", u, err, c.want, c.at)
				}
				if u.State != storage.Complete {
					if u, err = put(e, id, c.at, photo(int(c.length))[c.at:]); err != nil || u.State != storage.Complete {
						t.Errorf("going on: got %+v, %v", u, err)
					}
				}
			})
		})
	}
}
