package association_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/blobs/mem"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// drop deletes the blob of a photo's renditions behind everybody's back.
func (h *house) drop(t *testing.T, p association.Photo) {
	t.Helper()
	must(t, h.blobs.Delete(t.Context(), association.SheetName(p.Version, 1)))
}

// reads says what comes of reading a square of a photo.
func (h *house) reads(t *testing.T, v association.Version, pixels int) fault.Kind {
	t.Helper()
	p, err := h.service.VersionPicture(t.Context(), here, v, association.Want{Pixels: pixels})
	must(t, err)
	b, err := h.service.ReadRendition(t.Context(), p.Rendition)
	if err == nil && int64(len(b)) != p.Rendition.Length {
		t.Errorf("got %d bytes, want %d", len(b), p.Rendition.Length)
	}
	return fault.Of(err)
}

func TestSmallPicturesStayInMemory(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const room = 3000 // more than a square of 96 pixels of one colour, less than five of them
		h := build(t, db, func(c *association.Config) { c.Limits.Cache = room })
		kept, other := h.shown(t, jane), h.shown(t, john)
		if got := h.reads(t, kept.Version, 96); got != 0 {
			t.Fatalf("before: %v", got)
		}
		h.drop(t, kept)
		if got := h.reads(t, kept.Version, 96); got != 0 {
			t.Errorf("asked again: %v, want it from memory", got)
		}
		if got := h.reads(t, kept.Version, 64); got != fault.NotFound {
			t.Errorf("another size: %v, want %v", got, fault.NotFound)
		}
		for _, pixels := range []int{45, 48, 64, 96, 128} {
			if got := h.reads(t, other.Version, pixels); got != 0 {
				t.Fatalf("%d pixels: %v", pixels, got)
			}
		}
		if got := h.reads(t, kept.Version, 96); got != fault.NotFound {
			t.Errorf("after others: %v, want it driven out", got)
		}
	})
}

func TestManyReadersOfOnePicture(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		p := h.shown(t, jane)
		var all sync.WaitGroup
		for range 32 {
			all.Go(func() {
				if got := h.reads(t, p.Version, 128); got != 0 {
					t.Errorf("got %v", got)
				}
			})
		}
		all.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		found, err := h.service.VersionPicture(t.Context(), here, p.Version, association.Want{Pixels: 64})
		must(t, err)
		if _, err := h.service.ReadRendition(gone, found.Rendition); err == nil {
			t.Error("a reader that has gone got an answer")
		}
		if got := h.reads(t, p.Version, 64); got != 0 {
			t.Errorf("the one after it: %v", got)
		}
	})
}

// neighbour is the service of another node on the same database.
func (h *house) neighbour() *association.Service {
	return association.NewService(association.Config{
		Album: h.album, Queue: h.album, Directory: h.people, Audit: h.people, Tx: h.db, Originals: h.engine,
		Blobs: mem.New(storage.Shape{Parallel: 1}), Holds: h.ledger, Trash: h.ledger,
		Clock: h.service.Clock, Random: h.service.Random, Limits: h.service.Limits,
	})
}

func TestARemovalElsewhereIsNoticedWithinASecond(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		p := h.shown(t, jane)
		h.wantServed(t, p.Version, 0)
		must(t, h.neighbour().Remove(t.Context(), member(jane), here, jane))
		_, err := h.service.Picture(t.Context(), here, jane, association.Want{Pixels: 128})
		wantKind(t, err, fault.NotFound) // the current photo is looked up each time
		h.pass(time.Second)
		h.wantServed(t, p.Version, fault.NotFound)
	})
}

// However many look at a photo while it is removed, nobody sees it afterwards.
func TestARemovalHereIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		for range 5 {
			p := h.shown(t, jane)
			looking, stop := context.WithCancel(t.Context())
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for looking.Err() == nil {
						_, _ = h.service.VersionPicture(looking, here, p.Version, association.Want{Pixels: 256})
					}
				})
			}
			must(t, h.service.Remove(t.Context(), member(jane), here, jane))
			for range 20 {
				h.wantServed(t, p.Version, fault.NotFound)
			}
			stop()
			all.Wait()
		}
	})
}
