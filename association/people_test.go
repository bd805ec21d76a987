package association_test

import (
	"testing"

	"cameo/association"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// Who is shut out is so at once, by token and by session, and on every node; what they wait for is never shown.
func TestDisable(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx, admin := build(t, db, nil), t.Context(), administrator()
		shown := h.shown(t, jane)
		pending, err := h.service.Associate(ctx, member(jane), h.upload(t, jane, photo(t, 90, 90)), jane)
		must(t, err)
		key, _, err := h.service.Open(ctx, member(jane), association.ViaPassword, "", "")
		must(t, err)
		next := h.upload(t, jane, photo(t, 80, 80))

		must(t, h.service.Disable(ctx, admin, here, jane))
		must(t, h.service.Disable(ctx, admin, here, jane))
		_, err = h.service.Resume(ctx, key)
		wantKind(t, err, fault.Unauthenticated)
		a, err := h.service.Arrive(ctx, member(jane))
		must(t, err)
		wantKind(t, a.Enter(here), fault.Forbidden)
		h.step(t, 0)
		h.state(t, pending.Version, association.Superseded)
		if n := h.count(t, `SELECT COUNT(*) FROM holds WHERE holder = $1`, pending.Version); n != 0 {
			t.Error("what is not finished holds its upload")
		}
		if p, err := h.service.Current(ctx, here, jane); err != nil || p.Version != shown.Version {
			t.Errorf("the photo is %v (%v), want the one that was shown", p.Version, err)
		}
		// One who came in before, and whoever administers, give no photo either.
		_, err = h.service.Associate(ctx, member(jane), next, jane)
		wantKind(t, err, fault.Forbidden)
		_, err = h.service.Associate(ctx, admin, next, jane)
		wantKind(t, err, fault.Forbidden)

		must(t, h.service.Enable(ctx, admin, here, jane))
		_, err = h.service.Resume(ctx, key)
		wantKind(t, err, fault.Unauthenticated)
		a, err = h.service.Arrive(ctx, member(jane))
		must(t, err)
		_, err = h.service.Associate(ctx, a, next, jane)
		must(t, err)
		wantKind(t, h.service.Disable(ctx, admin, here, john), fault.NotFound)
		wantKind(t, h.service.Disable(ctx, admin, away, jane), fault.NotFound)
	})
}

func TestFindPeople(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx, admin := build(t, db, nil), t.Context(), administrator()
		must(t, h.service.Rename(ctx, admin, here, jane, "Jane Öztürk 100%"))
		must(t, h.service.Rename(ctx, admin, here, john, "John_Doe"))
		must(t, h.service.Link(ctx, admin, here, john, identity(t, association.Gigya, "UiD-7")))
		for text, want := range map[string]int{
			"": 2, "öZTÜRK": 1, "j": 2, "100%": 1, "%": 1, "_": 1, "uid-": 1, "UID-7": 1, "11111111-2": 1, "-2222": 0,
			`\`: 0, "'; DROP TABLE people": 0,
		} {
			got, err := h.service.FindPeople(ctx, admin, here, text, "", 10)
			must(t, err)
			if len(got) != want {
				t.Errorf("%q: got %d people, want %d", text, len(got), want)
			}
		}
		page, err := h.service.FindPeople(ctx, admin, here, "", "", 1)
		must(t, err)
		if len(page) != 1 || page[0].GUID != john {
			t.Fatalf("the first page is %+v", page)
		}
		page, err = h.service.FindPeople(ctx, admin, here, "", john, 1)
		must(t, err)
		if len(page) != 1 || page[0].GUID != jane || page[0].Name != "Jane Öztürk 100%" {
			t.Fatalf("the second page is %+v", page)
		}
		wantKind(t, h.service.Rename(ctx, admin, here, jane, "a\x1b[31m"), fault.Invalid)
		_, err = h.service.FindPeople(ctx, member(jane), here, "", "", 1)
		wantKind(t, err, fault.Forbidden)
		_, _, err = h.service.ShowPerson(ctx, member(jane), here, john)
		wantKind(t, err, fault.Forbidden)
		_, _, err = h.service.ShowPerson(ctx, member(jane), here, root) // not there, and no member learns of it
		wantKind(t, err, fault.Forbidden)
		_, _, err = h.service.ShowPerson(ctx, admin, here, root)
		wantKind(t, err, fault.NotFound)
		if _, names, err := h.service.ShowPerson(ctx, member(john), here, john); err != nil || len(names) != 1 {
			t.Errorf("got %v (%v), want one name", names, err)
		}
	})
}
