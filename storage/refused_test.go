package storage_test

import (
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
)

// A body whose sender has lost the right to it, at its end or before, brings no more than was committed meanwhile:
// full runs on S3. It makes no upload whole. Another request may go on.
func TestARefusedBodyCompletesNothing(t *testing.T) {
	t.Parallel()
	eachShape(t, func(t *testing.T, h *house) {
		for _, kind := range []fault.Kind{fault.Forbidden, fault.Unauthenticated} {
			for _, sent := range []int{5 << 10, 20 << 10} {
				e, data := h.node("a"), photo(20<<10)
				id := h.create(e, int64(len(data)))
				b := &body{data: data[:sent], then: fault.New(kind, "no more"), stop: make(chan struct{})}
				_, err := send(e, id, 0, int64(len(data)), b)
				if !fault.Is(err, kind) {
					t.Errorf("%d bytes: got %v, want %v", sent, err, kind)
				}
				u, err := e.Status(bg, id)
				if runs := int64(sent) / s3Shape.Gather * s3Shape.Gather; err != nil || u.State != storage.Active || u.Offset != 0 && u.Offset != runs {
					t.Errorf("%d bytes: got offset %d, state %v (%v), want 0 or %d and active", sent, u.Offset, u.State, err, runs)
				}
				if _, err := put(e, id, u.Offset, data[u.Offset:]); err != nil {
					t.Fatal(err)
				}
				same(t, h.read(e, id), data)
				mustSweep(t, e)
				h.wantNoOrphans(id)
			}
		}
	})
}
