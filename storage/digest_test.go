package storage_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// A declared SHA-256 is of the whole file, whoever brings which part of it, and decides before the upload is complete.
func TestADeclaredDigestIsOfTheWhole(t *testing.T) {
	t.Parallel()
	data := photo(size)
	right, wrong := sha256.Sum256(data), sha256.Sum256(data[1:])
	parts := []int{300, 700, 1000, 20_000, 20_100, size - 50}
	for name, c := range map[string]struct {
		sum  []byte
		want fault.Kind
	}{
		"right": {right[:], 0},
		"wrong": {wrong[:], fault.Mismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachShape(t, func(t *testing.T, h *house) {
				nodes := []*storage.Engine{h.node("a"), h.node("b")}
				made, err := nodes[0].Create(bg, storage.New{
					Community: community, Owner: owner, Length: size, Type: "image/png", Name: "me.png", SHA256: c.sum,
				})
				if err != nil {
					t.Fatal(err)
				}
				id, at := made.ID, 0
				for i, to := range parts { // every second one is cut, and it goes on at another node
					body, n := whole(data[at:to]), to-at
					if i%2 == 1 {
						body, n = cut(data[at:to]), size-at
					}
					u, err := send(nodes[i%2], id, int64(at), int64(n), body)
					if u.Offset != int64(to) {
						t.Fatalf("part %d: got offset %d (%v), want %d", i, u.Offset, err, to)
					}
					at = to
				}
				u, err := put(nodes[1], id, int64(at), data[at:])
				if fault.Of(err) != c.want {
					t.Fatalf("got %v, want kind %v", err, c.want)
				}
				if c.want != 0 {
					if u.State != storage.Failed || u.Reason != storage.DigestMismatch {
						t.Errorf("got %v because %q, want failed", u.State, u.Reason)
					}
					return
				}
				same(t, h.read(nodes[0], id), data)
				wantDigest(t, nodes[0], id, right[:])
			})
		})
	}
}

// Nobody has declared a SHA-256: it is computed when somebody asks, once.
func TestADigestThatNobodyDeclared(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		if u, err := put(e, id, 0, data[:100]); err != nil || u.SHA256 != nil {
			t.Fatalf("got %x, %v", u.SHA256, err)
		}
		if u, err := e.Find(bg, id); err != nil {
			t.Fatal(err)
		} else if _, err := e.Digest(bg, u); !fault.Is(err, fault.Conflict) {
			t.Errorf("of an upload that is not complete: got %v, want a conflict", err)
		}
		if _, err := put(e, id, 100, data[100:]); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		wantDigest(t, e, id, sum[:])
		u, err := h.node("b").Find(bg, id)
		if err != nil || !bytes.Equal(u.SHA256, sum[:]) {
			t.Errorf("kept: got %x (%v), want %x", u.SHA256, err, sum)
		}
	})
}

func wantDigest(t *testing.T, e *storage.Engine, id storage.ID, want []byte) {
	t.Helper()
	u, err := e.Find(bg, id)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Digest(bg, u); err != nil || !bytes.Equal(got, want) {
		t.Errorf("digest: got %x (%v), want %x", got, err, want)
	}
}

// Offsets are told while a body runs, in order and only once they are committed.
func TestProgressTellsWhatIsDurable(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		h.limits.Seal = 5 * time.Millisecond
		e, data := h.node("a"), photo(size)
		id := h.create(e, size)
		slow := &body{
			data: data, then: io.EOF, piece: 4 << 10, stop: make(chan struct{}),
			pause: func() { time.Sleep(10 * time.Millisecond) },
		}
		var told []int64
		u, err := e.Append(bg, storage.Write{
			ID: id, Len: size, Total: size, Body: slow,
			Progress: func(offset int64) {
				u, err := h.ledger.Find(bg, id)
				if err != nil || u.Offset < offset || len(told) > 0 && offset <= told[len(told)-1] {
					t.Errorf("told %d after %v, the row says %d (%v)", offset, told, u.Offset, err)
				}
				told = append(told, offset)
			},
		})
		if err != nil || u.State != storage.Complete || len(told) == 0 {
			t.Fatalf("got %v, %v, told %v", u.State, err, told)
		}
	})
}
