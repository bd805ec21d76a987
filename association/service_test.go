package association_test

import (
	"bytes"
	"image/jpeg"
	"sync"
	"testing"
	"time"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func TestAnUploadBecomesThePersonsPhoto(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		d, err := h.service.Describe(ctx, member(jane), here, jane)
		must(t, err)
		if d.State.String() != "none" {
			t.Fatalf("before: %+v", d)
		}
		id := h.upload(t, jane, photo(t, 600, 400))
		p, err := h.service.Associate(ctx, member(jane), id, jane)
		must(t, err)
		if p.State != association.Pending || p.Upload != id.Key || p.Person != jane {
			t.Fatalf("after Associate: %+v", p)
		}
		_, err = h.service.Picture(ctx, here, jane, association.Want{Pixels: 128})
		wantKind(t, err, fault.NotFound)
		_, err = h.service.Thumbnail(ctx, member(jane), id, thumbnail)
		wantKind(t, err, fault.NotFound)

		h.step(t, 1)
		got, err := h.service.Picture(ctx, here, jane, association.Want{Pixels: 128})
		must(t, err)
		if got.Photo.Version != p.Version || got.Photo.Type != "image/jpeg" || got.Photo.Width != 600 || got.Photo.Height != 400 {
			t.Errorf("the shown photo is %+v", got.Photo)
		}
		r, err := h.service.ReadRendition(ctx, got.Rendition)
		must(t, err)
		m, err := jpeg.Decode(bytes.NewReader(r))
		must(t, err)
		if b := m.Bounds(); b.Dx() != 128 || b.Dy() != 128 {
			t.Errorf("the rendition is %v", b)
		}
		thumb, err := h.service.Thumbnail(ctx, administrator(), id, thumbnail)
		must(t, err)
		if r := thumb.Rendition; thumb.Photo.Version != p.Version || r.Width != 160 || r.Height != 107 {
			t.Errorf("the thumbnail is %+v", thumb.Rendition)
		}
		_, err = h.service.Thumbnail(ctx, member(john), id, thumbnail)
		wantKind(t, err, fault.NotFound)
		d, err = h.service.Describe(ctx, association.Actor{}, here, jane)
		must(t, err)
		if d.State != association.Ready || d.Current != p.Version || d.Version != p.Version || d.Width != 600 || len(d.Sizes) != 8 {
			t.Errorf("after: %+v", d)
		}
	})
}

func TestAssociateJudgesInOrder(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		own := h.upload(t, jane, photo(t, 20, 20))
		open := h.begin(t, here, jane, "image/jpeg", 10)
		text := h.begin(t, here, jane, "image/jpeg", 10)
		h.send(t, text, []byte("0123456789"))
		gone := h.begin(t, here, jane, "image/jpeg", 10)
		must(t, h.engine.Cancel(t.Context(), gone.ID))
		abroad := storage.ID{Community: away, Key: own.Key}
		both := association.Actor{GUID: jane, Communities: []storage.Community{here, away}}
		for _, c := range []struct {
			name   string
			a      association.Actor
			id     storage.ID
			person association.GUID
			want   fault.Kind
		}{
			{"stranger", association.Actor{}, own, jane, fault.Unauthenticated},
			{"not a member", member(jane), abroad, jane, fault.NotFound},
			{"other community", both, abroad, jane, fault.NotFound},
			{"missing", member(jane), storage.ID{Community: here, Key: "0000000000"}, jane, fault.NotFound},
			{"foreign", member(john), own, john, fault.NotFound},
			{"foreign, for its owner", member(john), own, jane, fault.NotFound},
			{"foreign and cancelled", member(john), gone.ID, john, fault.NotFound},
			{"own, for another person", member(jane), own, john, fault.Forbidden},
			{"cancelled, for another person", member(jane), gone.ID, john, fault.Forbidden},
			{"not complete", member(jane), open.ID, jane, fault.Conflict},
			{"failed", member(jane), text.ID, jane, fault.Unsupported},
			{"cancelled", member(jane), gone.ID, jane, fault.Gone},
			{"administrator, foreign upload", administrator(), own, john, 0},
			{"own", member(jane), own, jane, 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				_, err := h.service.Associate(t.Context(), c.a, c.id, c.person)
				wantKind(t, err, c.want)
				if c.want == fault.NotFound && c.a.Member(c.id.Community) && err.Error() != storage.NoUpload().Error() {
					t.Errorf("the words tell more than that there is no such upload: %v", err)
				}
			})
		}
	})
}

func TestARefusalBringsItsReason(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, func(c *association.Config) { c.Limits.MaxPhoto = 1000 })
		text := h.send(t, h.begin(t, here, jane, "image/png", 10), []byte("0123456789"))
		large := h.upload(t, jane, photo(t, 900, 900))
		for _, c := range []struct {
			id     storage.ID
			kind   fault.Kind
			reason string
		}{
			{text, fault.Unsupported, "not_an_image"},
			{large, fault.TooLarge, "too_large"},
		} {
			_, err := h.service.Associate(t.Context(), member(jane), c.id, jane)
			wantKind(t, err, c.kind)
			if got := fault.Public(err).Reason; got != c.reason {
				t.Errorf("the reason is %q, want %q", got, c.reason)
			}
		}
	})
}

func TestAClosedDirectoryKnowsItsPeople(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, func(c *association.Config) { c.Limits.Closed = true }), t.Context()
		id := h.upload(t, jane, photo(t, 20, 20))
		_, err := h.service.Associate(ctx, member(jane), id, jane)
		wantKind(t, err, fault.NotFound)
		_, err = h.service.Describe(ctx, member(jane), here, jane)
		wantKind(t, err, fault.NotFound)
		if n := h.count(t, `SELECT COUNT(holder) FROM holds`); n != 0 {
			t.Errorf("%d holds are left of the refused attempt", n)
		}
		must(t, h.people.Ensure(ctx, here, jane))
		_, err = h.service.Associate(ctx, member(jane), id, jane)
		must(t, err)
	})
}

func TestAssociatingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		id := h.upload(t, jane, photo(t, 20, 20))
		const n = 100
		versions := make([]association.Version, n)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				p, err := h.service.Associate(ctx, member(jane), id, jane)
				if err != nil {
					t.Error(err)
				}
				versions[i] = p.Version
			})
		}
		all.Wait()
		for _, v := range versions {
			if v != versions[0] {
				t.Fatalf("one upload made the photos %s and %s", versions[0], v)
			}
		}
		h.step(t, 1)
		p, err := h.service.Associate(ctx, member(jane), id, jane)
		must(t, err)
		if p.Version != versions[0] || p.State != association.Ready {
			t.Errorf("after it was shown: %+v", p)
		}
		h.step(t, 0)
		if n := h.count(t, `SELECT COUNT(version) FROM photos`); n != 1 {
			t.Errorf("%d photos, want 1", n)
		}
	})
}

func TestTheNewestPhotoWins(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		first := h.shown(t, jane)
		second, err := h.service.Associate(ctx, member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		third, err := h.service.Associate(ctx, member(jane), h.upload(t, jane, photo(t, 40, 40)), jane)
		must(t, err)
		h.state(t, second.Version, association.Superseded)
		if p, err := h.service.Current(ctx, here, jane); err != nil || p.Version != first.Version {
			t.Errorf("while the third is pending %s is shown (%v)", p.Version, err)
		}
		h.step(t, 1)
		if p, err := h.service.Current(ctx, here, jane); err != nil || p.Version != third.Version {
			t.Errorf("%s is shown (%v)", p.Version, err)
		}
		h.state(t, first.Version, association.Ready) // its own URL still shows it
		for _, p := range []association.Photo{first, second, third} {
			held, err := h.service.IsProfilePhoto(ctx, p.ID())
			must(t, err)
			if want := p.Version == third.Version; held != want {
				t.Errorf("IsProfilePhoto is %v, want %v", held, want)
			}
			holds := h.count(t, `SELECT COUNT(holder) FROM holds WHERE key = $1`, p.Upload)
			if want := p.Version == third.Version; (holds == 1) != want {
				t.Errorf("%d holds", holds)
			}
		}
		u, err := h.engine.Find(ctx, first.ID())
		must(t, err)
		if want := storage.Millis(h.now.Load()).Add(7 * 24 * time.Hour); u.Due != want {
			t.Errorf("the replaced original is due at %d, want %d", u.Due, want)
		}
	})
}

// Whoever asks for the shown photo again no longer wants the one that is pending.
func TestTheShownPhotoCanBeAskedForAgain(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		shown := h.shown(t, jane)
		pending, err := h.service.Associate(ctx, member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		again, err := h.service.Associate(ctx, member(jane), shown.ID(), jane)
		must(t, err)
		if again.Version != shown.Version {
			t.Errorf("got %s, want %s", again.Version, shown.Version)
		}
		h.state(t, pending.Version, association.Superseded)
		h.step(t, 0)
		if p, err := h.service.Newest(ctx, here, jane); err != nil || p.Version != shown.Version {
			t.Errorf("the newest is %s (%v)", p.Version, err)
		}
	})
}

func TestRemoveLeavesNoPhoto(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		h.shown(t, jane)
		pending, err := h.service.Associate(ctx, member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		wantKind(t, h.service.Remove(ctx, association.Actor{}, here, jane), fault.Unauthenticated)
		wantKind(t, h.service.Remove(ctx, member(john), here, jane), fault.Forbidden)
		wantKind(t, h.service.Remove(ctx, member(john), away, john), fault.NotFound)
		must(t, h.service.Remove(ctx, administrator(), here, jane))
		must(t, h.service.Remove(ctx, member(jane), here, jane))
		_, err = h.service.Current(ctx, here, jane)
		wantKind(t, err, fault.NotFound)
		h.state(t, pending.Version, association.Superseded)
		h.step(t, 0)
		d, err := h.service.Describe(ctx, member(jane), here, jane)
		must(t, err)
		if d.State != 0 || d.Current != "" || h.count(t, `SELECT COUNT(holder) FROM holds`) != 0 {
			t.Errorf("something is left: %+v", d)
		}
	})
}

func TestADamagedRenditionIsNotServed(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		h.shown(t, jane)
		p, err := h.service.Picture(ctx, here, jane, association.Want{Pixels: 256})
		must(t, err)
		whole, err := h.service.ReadRendition(ctx, p.Rendition)
		must(t, err)
		if int64(len(whole)) != p.Rendition.Length {
			t.Errorf("read %d bytes of %d", len(whole), p.Rendition.Length)
		}
		p.Rendition.CRC++
		_, err = h.service.ReadRendition(ctx, p.Rendition)
		wantKind(t, err, fault.Corrupt)
	})
}
