package album_test

import (
	"crypto/rand"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cameo/association"
	"cameo/association/album"
	"cameo/association/directory"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

const jane = association.GUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.Of(err); got != want {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
}

// with returns an album in which jane has a pending photo.
func with(t *testing.T, db *sqldb.DB) (*album.Album, association.Photo) {
	t.Helper()
	clock := func() storage.Millis { return 1000 }
	must(t, directory.New(db, clock, rand.Reader).Ensure(t.Context(), 1, jane))
	a := album.New(db)
	p := association.Photo{
		Version: "0123456789Ab", Community: 1, Person: jane, Upload: "abcdefghij",
		State: association.Pending, Created: 1000, Due: 1000,
	}
	must(t, a.Add(t.Context(), p))
	return a, p
}

func TestAPhotoComesBackAsItWasSettled(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a, p := with(t, db)
		ctx := t.Context()
		claimed, err := a.Claim(ctx, association.Claim{Now: 1000, Until: 5000, N: 1})
		must(t, err)
		if len(claimed) != 1 {
			t.Fatalf("claimed %d", len(claimed))
		}
		p.Due, p.Epoch, p.Tries = 5000, 1, 1
		if d := cmp.Diff(claimed[0], p); d != "" {
			t.Errorf("claimed (-got +want):\n%s", d)
		}
		p.State, p.Due, p.Type, p.Width, p.Height = association.Ready, 0, "image/png", 30, 40
		for _, size := range []int{48, 256} {
			p.Renditions = append(p.Renditions, association.Rendition{
				Pixels: size, Recipe: 1, At: int64(size), Blob: association.SheetName(p.Version, 1), Length: 99,
				Type: "image/jpeg", CRC: 1<<64 - 3, Width: 30, Height: 30,
			})
		}
		must(t, a.Settle(ctx, p))
		got, err := a.Find(ctx, 1, p.Version)
		must(t, err)
		if d := cmp.Diff(got, p); d != "" {
			t.Errorf("found (-got +want):\n%s", d)
		}
		made, err := a.Made(ctx, p.ID())
		must(t, err)
		if d := cmp.Diff(made, p); d != "" {
			t.Errorf("made of the upload (-got +want):\n%s", d)
		}
		wantKind(t, a.Settle(ctx, p), fault.Superseded) // it is over
	})
}

func TestAPhotoBelongsToItsCommunity(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a, p := with(t, db)
		ctx := t.Context()
		wantKind(t, a.Add(ctx, p), fault.Exists)
		_, err := a.Find(ctx, 2, p.Version)
		wantKind(t, err, fault.NotFound)
		foreign := p
		foreign.Community = 2
		wantKind(t, a.Settle(ctx, foreign), fault.Superseded)
		if shown, err := a.Shown(ctx, foreign.ID()); len(shown) > 0 || err != nil {
			t.Errorf("shown in the other community: %v, %v", shown, err)
		}
		if shown, err := a.Shown(ctx, p.ID()); len(shown) != 1 || err != nil {
			t.Errorf("shown in its own: %v, %v", shown, err)
		}
	})
}

func TestASupersededPhotoIsNoWork(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a, p := with(t, db)
		ctx := t.Context()
		claimed, err := a.Claim(ctx, association.Claim{Now: 1000, Until: 5000, N: 1})
		must(t, err)
		old, err := a.Supersede(ctx, 1, jane, 7000)
		must(t, err)
		if len(old) != 1 || old[0].Version != p.Version || old[0].Epoch != 1 {
			t.Fatalf("superseded %+v", old)
		}
		wantKind(t, a.Settle(ctx, claimed[0]), fault.Superseded)
		again, err := a.Claim(ctx, association.Claim{Now: 9000, Until: 9999, N: 1, Again: true})
		must(t, err)
		if len(again) != 0 {
			t.Error("it was claimed once more")
		}
	})
}

// A scan of a whole table would grow with the number of photos.
func TestEveryStatementUsesAnIndex(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for name, statement := range album.Statements() {
			t.Run(name, func(t *testing.T) { sqltest.WantIndexes(t, db, statement) })
		}
	})
}
