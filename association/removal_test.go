package association_test

import (
	"testing"
	"time"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// wantServed asks for the version by its own name, as an immutable URL does.
func (h *house) wantServed(t *testing.T, v association.Version, want fault.Kind) {
	t.Helper()
	_, err := h.service.VersionPicture(t.Context(), here, v, association.Want{Pixels: 256})
	wantKind(t, err, want)
}

// wantTrashed wants the photo's one rendition gone from its table, and in the trash since due.
func (h *house) wantTrashed(t *testing.T, v association.Version, due storage.Millis) {
	t.Helper()
	if n := h.count(t, `SELECT COUNT(*) FROM renditions WHERE version = $1`, v); n != 0 {
		t.Errorf("%d renditions are left", n)
	}
	name := association.SheetName(v, 1)
	if n := h.count(t, `SELECT COUNT(*) FROM trash WHERE blob = $1 AND due = $2`, name, due); n != 1 {
		t.Error("its blob is not in the trash, or not for that time")
	}
}

func TestARemovedPhotoIsServedNoMore(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		others := h.shown(t, john)
		replaced, current := h.shown(t, jane), h.shown(t, jane)
		h.pass(time.Minute)
		h.wantServed(t, replaced.Version, 0)
		h.wantServed(t, current.Version, 0)
		must(t, h.service.Remove(ctx, member(jane), here, jane))
		for _, p := range []association.Photo{replaced, current} {
			h.wantServed(t, p.Version, fault.NotFound)
			h.state(t, p.Version, association.Removed)
			h.wantTrashed(t, p.Version, storage.Millis(h.now.Load()))
			_, err := h.service.Thumbnail(ctx, member(jane), p.ID(), thumbnail)
			wantKind(t, err, fault.NotFound)
		}
		h.wantServed(t, others.Version, 0)

		again, err := h.service.Associate(ctx, member(jane), current.ID(), jane)
		must(t, err)
		h.step(t, 1)
		h.wantServed(t, again.Version, 0)
		h.wantServed(t, current.Version, fault.NotFound)
	})
}

func TestAWithdrawnPhotoIsServedNoMore(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		id := h.upload(t, jane, photo(t, 30, 30))
		current, err := h.service.Associate(ctx, administrator(), id, jane)
		must(t, err)
		replaced, err := h.service.Associate(ctx, administrator(), id, john)
		must(t, err)
		h.step(t, 2)
		other := h.shown(t, john)
		h.pass(time.Minute)
		must(t, h.service.Withdraw(ctx, administrator(), id))
		for _, p := range []association.Photo{current, replaced} {
			h.wantServed(t, p.Version, fault.NotFound)
			h.state(t, p.Version, association.Removed)
			h.wantTrashed(t, p.Version, storage.Millis(h.now.Load()))
		}
		h.wantServed(t, other.Version, 0)
		must(t, h.engine.Cancel(ctx, id))
	})
}

func TestAReplacedPhotoIsServedForAWhile(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, func(c *association.Config) { c.Limits.Retention = time.Hour })
		old, next := h.shown(t, jane), h.shown(t, jane)
		until := storage.Millis(h.now.Load()).Add(time.Hour)
		trashed := func(now storage.Millis) int {
			names, err := h.ledger.Discarded(t.Context(), now, now, 10)
			must(t, err)
			return len(names)
		}
		h.pass(time.Hour - time.Millisecond)
		h.wantServed(t, old.Version, 0)
		if n := trashed(until - 1); n != 0 {
			t.Errorf("%d blobs may be deleted while the old photo is served", n)
		}
		h.pass(time.Millisecond)
		h.wantServed(t, old.Version, fault.NotFound)
		h.wantServed(t, next.Version, 0)
		if n := trashed(until); n != 1 {
			t.Errorf("%d blobs may be deleted when it is served no more, want 1", n)
		}
	})
}
