package association_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// demanding is a house in which squares of 72 and 1000 pixels are made when they are asked for.
func demanding(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	h := build(t, db, func(c *association.Config) { c.Limits.Sizes, c.Limits.Queue = []int{72, 1000}, 3 })
	h.service.Make = association.NewMaker(h.worker).Make
	return h
}

func (h *house) wantSquare(t *testing.T, v association.Version, pixels, want int) association.Rendition {
	t.Helper()
	p, err := h.service.VersionPicture(t.Context(), here, v, association.Want{Pixels: pixels})
	must(t, err)
	if p.Rendition.Width != want || p.Rendition.Height != want || p.Rendition.Pixels != pixels {
		t.Errorf("got %+v, want %d pixels", p.Rendition, want)
	}
	if b, err := h.service.ReadRendition(t.Context(), p.Rendition); err != nil || int64(len(b)) != p.Rendition.Length {
		t.Errorf("got %d bytes: %v", len(b), err)
	}
	return p.Rendition
}

func TestASquareOnDemand(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := demanding(t, db)
		p := h.shown(t, jane)
		made := h.wantSquare(t, p.Version, 72, 72)
		if again := h.wantSquare(t, p.Version, 72, 72); again.Blob != made.Blob || again.CRC != made.CRC {
			t.Errorf("it was made twice: %+v, then %+v", made, again)
		}
		h.wantSquare(t, p.Version, 1000, 80) // no larger than what was brought
		webp, err := h.service.Picture(t.Context(), here, jane, association.Want{Pixels: 72, WebP: true})
		must(t, err)
		if imaging.HasWebP && (webp.Rendition.Type != imaging.WebP || webp.Rendition.Pixels != 72) {
			t.Errorf("got %+v, want a WebP", webp.Rendition)
		}
		for pixels, want := range map[string]fault.Kind{"72": 0, "64": 0, "73": fault.Invalid, "072": fault.Invalid} {
			_, err := h.service.ParseSize(pixels)
			wantKind(t, err, want)
		}
		if n := h.count(t, `SELECT COUNT(*) FROM trash`); n != 0 {
			t.Errorf("%d blobs are in the trash", n)
		}

		must(t, h.service.Remove(t.Context(), member(jane), here, jane))
		h.wantServed(t, p.Version, fault.NotFound)
		trashed, err := h.ledger.Discarded(t.Context(), storage.Millis(h.now.Load()), 0, 10)
		must(t, err)
		if !slices.Contains(trashed, made.Blob) || len(trashed) != 3 {
			t.Errorf("got %v, want all three blobs of the removed photo", trashed)
		}
	})
}

// A replaced photo is served in the sizes that it has; no more are made.
func TestNoSquareOfAReplacedPhoto(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := demanding(t, db)
		old := h.shown(t, jane)
		h.wantSquare(t, old.Version, 72, 72)
		h.shown(t, jane)
		h.wantSquare(t, old.Version, 72, 72)
		_, err := h.service.VersionPicture(t.Context(), here, old.Version, association.Want{Pixels: 1000})
		wantKind(t, err, fault.NotFound)
	})
}

// Of two nodes that make the same square one is believed, and what the other has made is in the trash.
func TestTwoNodesMakeTheSameSquare(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := demanding(t, db)
		p := h.shown(t, jane)
		var all sync.WaitGroup
		names := make([]storage.Name, 4)
		for i := range names {
			node := association.NewMaker(h.worker)
			all.Go(func() {
				got, err := node.Make(t.Context(), p, 72)
				if err != nil {
					t.Errorf("got %v", err)
					return
				}
				r, _ := got.Choose(association.Want{Pixels: 72})
				names[i] = r.Blob
			})
		}
		all.Wait()
		if slices.Sort(names); len(slices.Compact(names)) != 1 {
			t.Errorf("got %v, want one blob", names)
		}
		blobs, err := h.blobs.List(t.Context(), storage.Name(p.Version), "", 100)
		must(t, err)
		trashed := h.count(t, `SELECT COUNT(*) FROM trash`)
		if len(blobs)-trashed != 2 { // the plan's, and the square's
			t.Errorf("%v are stored, %d of them in the trash", blobs, trashed)
		}
	})
}

// held are originals that are not found before the gate opens.
type held struct {
	association.Originals
	gate chan struct{}
}

func (o held) Find(ctx context.Context, id storage.ID) (storage.Upload, error) {
	<-o.gate
	return o.Originals.Find(ctx, id)
}

// One square is being made and three wait for its slot: the four others are told so at once.
func TestSlotsForSquaresAreBounded(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := demanding(t, db) // with two slots for photos, and so one for squares, for which three may wait
		var photos []association.Photo
		for i := range 8 {
			id := h.upload(t, jane, photo(t, 120, 80))
			person := association.GUID("0000000" + strconv.Itoa(i) + string(jane[8:]))
			p, err := h.service.Associate(t.Context(), administrator(), id, person)
			must(t, err)
			photos = append(photos, p)
		}
		for range 4 {
			h.step(t, 2)
		}
		gate := make(chan struct{})
		h.worker.Originals = held{h.engine, gate}
		maker := association.NewMaker(h.worker)
		answers := make(chan error, len(photos))
		for _, p := range photos {
			go func() {
				_, err := maker.Make(t.Context(), p, 72)
				answers <- err
			}()
		}
		for range 4 {
			wantKind(t, <-answers, fault.Unavailable)
		}
		close(gate)
		for range 4 {
			must(t, <-answers)
		}
		for _, p := range photos {
			if _, err := maker.Make(t.Context(), p, 72); err != nil {
				t.Errorf("later: %v", err)
			}
		}
	})
}
