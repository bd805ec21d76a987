package storage_test

import (
	"context"
	"crypto/rand"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
)

// interfering lets another node claim an upload between a cancel's claim and its end, so many times.
type interfering struct {
	storage.Ledger
	times int
}

func (l *interfering) Claim(
	ctx context.Context, id storage.ID, at int64, node string, now storage.Millis,
) (storage.Upload, error) {
	u, err := l.Ledger.Claim(ctx, id, at, node, now)
	if l.times--; err == nil && l.times >= 0 {
		_, err = l.Ledger.Claim(ctx, id, -1, "b", now)
	}
	return u, err
}

// A cancel begins anew when a write comes between, but not for ever.
func TestACancelOutlastsWriters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		times int
		want  fault.Kind
		state storage.State
	}{{1, 0, storage.Cancelled}, {5, 0, storage.Cancelled}, {100, fault.Superseded, storage.Active}} {
		h := newHouse(t, s3Shape)
		id := h.create(h.node("a"), size)
		e := storage.NewEngine(storage.Config{
			Ledger: &interfering{h.ledger, c.times}, Trash: h.ledger, Blobs: h.blobs, Node: "c", Clock: h.clock,
			Random: rand.Reader, Limits: h.limits,
		})
		if err := e.Cancel(bg, id); fault.Of(err) != c.want {
			t.Errorf("%d claims between: got %v", c.times, err)
		}
		if u, err := h.ledger.Find(bg, id); err != nil || u.State != c.state {
			t.Errorf("%d claims between: the upload is %v, %v, want %v", c.times, u.State, err, c.state)
		}
	}
}
