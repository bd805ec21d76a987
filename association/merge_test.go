package association_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// Everything of one person is the survivor's, under either name.
func TestMerge(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx, admin := build(t, db, nil), t.Context(), administrator()
		must(t, h.people.Ensure(ctx, here, john))
		uid := identity(t, association.Gigya, "UID")
		must(t, h.service.Link(ctx, admin, here, jane, uid))
		shown := h.shown(t, jane)
		u := h.upload(t, jane, photo(t, 70, 70))
		pending, err := h.service.Associate(ctx, member(jane), u, jane)
		must(t, err)
		running := h.begin(t, here, jane, "image/jpeg", 10)

		must(t, h.service.Merge(ctx, admin, here, jane, john, false))
		for _, name := range []association.GUID{jane, john} {
			if p, err := h.service.Current(ctx, here, name); err != nil || p.Version != shown.Version || p.Person != john {
				t.Errorf("%s: got %+v (%v), want the photo of before", name, p, err)
			}
		}
		h.step(t, 1)
		if p, err := h.service.Current(ctx, here, jane); err != nil || p.Version != pending.Version {
			t.Errorf("got %v (%v), want what was pending", p.Version, err)
		}
		if p, err := h.service.Holder(ctx, here, uid); err != nil || p.GUID != john {
			t.Errorf("the name is %s's (%v)", p.GUID, err)
		}
		old, err := h.service.Arrive(ctx, member(jane))
		must(t, err)
		for name, a := range map[string]association.Actor{"the old token": old, "the new one": member(john)} {
			for _, id := range []storage.ID{u, running.ID} {
				row, err := h.engine.Find(ctx, id)
				must(t, err)
				if err := a.See(row); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, person := range []association.GUID{jane, john} {
				if _, err := h.service.Associate(ctx, a, u, person); err != nil {
					t.Errorf("%s for %s: %v", name, person, err)
				}
			}
		}
		must(t, h.service.Remove(ctx, member(john), here, jane))
		if _, err := h.service.Current(ctx, here, john); !fault.Is(err, fault.NotFound) {
			t.Errorf("after the removal: %v", err)
		}
		if people, err := h.service.FindPeople(ctx, admin, here, "", "", 9); err != nil || len(people) != 1 {
			t.Errorf("got %+v (%v), want the survivor alone", people, err)
		}
	})
}

// Sessions that began under either name are the survivor's, as far as they open the community of the merge.
func TestMergedSessions(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		both := func(g association.GUID) association.Actor {
			return association.Actor{GUID: g, Communities: []storage.Community{here, away}}
		}
		elsewhere := association.Actor{GUID: jane, Communities: []storage.Community{away}}
		opened := map[string]association.Session{}
		keys := map[string]string{}
		for name, a := range map[string]association.Actor{
			"jane's": member(jane), "jane's in both": both(jane), "jane's away": elsewhere,
			"john's": member(john), "root's": member(root),
		} {
			a, err := h.service.Arrive(ctx, a)
			must(t, err)
			keys[name], opened[name], err = h.service.Open(ctx, a, association.ViaToken, "", "")
			must(t, err)
		}
		must(t, h.service.Merge(ctx, administrator(), here, jane, john, false))

		for _, test := range []struct {
			who  association.Actor
			want []string
		}{
			{member(john), []string{"jane's", "jane's in both", "john's"}},
			{both(jane), []string{"jane's", "jane's away", "jane's in both", "john's"}}, // her token is the survivor's
			{elsewhere, []string{"jane's", "jane's away", "jane's in both"}},            // there she is herself
			{member(root), []string{"root's"}},
		} {
			a, err := h.service.Arrive(ctx, test.who)
			must(t, err)
			mine, err := h.service.OpenSessions(ctx, a)
			must(t, err)
			var got []string
			for name, one := range opened {
				if slices.ContainsFunc(mine, func(s association.Session) bool { return s.ID == one.ID }) {
					got = append(got, name)
				}
			}
			if slices.Sort(got); !slices.Equal(got, test.want) || len(mine) != len(got) {
				t.Errorf("%s in %v: got %q of %d, want %q", test.who.GUID, test.who.Communities, got, len(mine), test.want)
			}
		}

		survivor, err := h.service.Resume(ctx, keys["john's"])
		must(t, err)
		wantKind(t, h.service.End(ctx, survivor, opened["jane's away"].ID), fault.NotFound)
		wantKind(t, h.service.End(ctx, survivor, opened["root's"].ID), fault.NotFound)
		must(t, h.service.End(ctx, survivor, opened["jane's"].ID))
		if n, err := h.service.EndOthers(ctx, survivor); err != nil || n != 1 {
			t.Errorf("got %d ended (%v), want jane's in both communities alone", n, err)
		}
		for name, want := range map[string]fault.Kind{
			"jane's": fault.Unauthenticated, "jane's in both": fault.Unauthenticated,
			"jane's away": 0, "john's": 0, "root's": 0,
		} {
			if _, err := h.service.Resume(ctx, keys[name]); fault.Of(err) != want {
				t.Errorf("%s: got %v, want %v", name, err, want)
			}
		}
	})
}

// What was said of one of two people is said of the survivor where nothing was said of them, and a photo that was sent
// and not published is theirs.
func TestMergedProfiles(t *testing.T) {
	t.Parallel()
	const older, newer = storage.Millis(500_000), storage.Millis(600_000)
	for name, test := range map[string]struct {
		janes, johns string // "": nothing was said
		shown        bool   // jane has a photo
		want         string // of john; "": nothing
	}{
		"of neither":                 {},
		"of jane":                    {janes: `{"email":"jane@example.org"}`, want: `{"email":"jane@example.org"}`},
		"of john":                    {johns: `{"email":"john@example.org"}`, want: `{"email":"john@example.org"}`},
		"of both":                    {janes: `{"age":30,"email":"x"}`, johns: `{"email":"y"}`, want: `{"age":30,"email":"y"}`},
		"a picture":                  {janes: `{"photoURL":"https://x.example"}`, want: `{"photoURL":"https://x.example"}`},
		"a picture besides a photo":  {janes: `{"age":30,"photoURL":"https://x.example"}`, shown: true, want: `{"age":30}`},
		"john's picture and a photo": {johns: `{"photoURL":"https://y.example"}`, shown: true, want: `{"photoURL":"https://y.example"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
				h, ctx := build(t, db, nil), t.Context()
				for person, text := range map[association.GUID]string{jane: test.janes, john: test.johns} {
					must(t, h.people.Ensure(ctx, here, person))
					if text != "" {
						at := map[association.GUID]storage.Millis{jane: newer, john: older}[person]
						must(t, h.people.SetProfile(ctx, here, person, at, func(string) (string, error) { return text, nil }))
					}
				}
				if test.shown {
					h.shown(t, jane)
				}
				sent := association.Temporary{Community: here, Person: jane, Upload: "0123456789", Created: older}
				must(t, h.people.SetTemporary(ctx, sent))
				must(t, h.service.Merge(ctx, administrator(), here, jane, john, false))

				got, at, err := h.people.Profile(ctx, here, john)
				if test.want == "" {
					wantKind(t, err, fault.NotFound)
				} else if must(t, err); got != test.want || test.janes != "" && at != newer {
					t.Errorf("got %s as of %d, want %s", got, at, test.want)
				}
				_, _, err = h.people.Profile(ctx, here, jane)
				wantKind(t, err, fault.NotFound)
				sent.Person = john
				if one, err := h.people.Temporary(ctx, here, john); err != nil || one != sent {
					t.Errorf("got %+v (%v), want what jane has sent", one, err)
				}
				_, err = h.people.Temporary(ctx, here, jane)
				wantKind(t, err, fault.NotFound)
			})
		})
	}
}

func TestMergesThatAreRefused(t *testing.T) {
	t.Parallel()
	const third = association.GUID("33333333-3333-3333-3333-333333333333")
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx, admin := build(t, db, nil), t.Context(), administrator()
		for _, p := range []association.GUID{jane, john, third} {
			must(t, h.people.Ensure(ctx, here, p))
		}
		wantKind(t, h.service.Merge(ctx, admin, here, jane, jane, false), fault.Conflict)
		wantKind(t, h.service.Merge(ctx, admin, here, jane, root, false), fault.NotFound)
		wantKind(t, h.service.Merge(ctx, admin, here, root, jane, false), fault.NotFound)
		wantKind(t, h.service.Merge(ctx, admin, away, jane, john, false), fault.NotFound)
		must(t, h.service.Disable(ctx, admin, here, jane)) // whose password would open john's account
		wantKind(t, h.service.Merge(ctx, admin, here, jane, john, false), fault.Conflict)
		must(t, h.service.Enable(ctx, admin, here, jane))
		must(t, h.service.Merge(ctx, admin, here, jane, john, false))
		wantKind(t, h.service.Merge(ctx, admin, here, john, jane, false), fault.Conflict) // a cycle
		wantKind(t, h.service.Merge(ctx, admin, here, jane, third, false), fault.Conflict)
		must(t, h.service.Merge(ctx, admin, here, john, third, false))
		for _, p := range []association.GUID{jane, john} {
			if got, err := h.people.Person(ctx, here, p); err != nil || got.GUID != third {
				t.Errorf("%s is %s (%v), want the last survivor", p, got.GUID, err)
			}
		}
		a, err := h.service.Arrive(ctx, member(jane))
		must(t, err)
		if a.In(here) != third {
			t.Errorf("an old token is %s", a.In(here))
		}
		must(t, h.service.Disable(ctx, admin, here, jane)) // under any name
		for _, p := range []association.GUID{jane, john, third} {
			a, err := h.service.Arrive(ctx, member(p))
			must(t, err)
			wantKind(t, a.Enter(here), fault.Forbidden)
		}
	})
}

// Whose photo stays when both have one, and what becomes of the other one.
func TestWhosePhotoStays(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for n, theirs := range []bool{false, true} {
			h, ctx := build(t, db, nil), t.Context()
			from := association.GUID(fmt.Sprintf("00000000-0000-0000-0000-00000000000%d", 2*n))
			into := association.GUID(fmt.Sprintf("00000000-0000-0000-0000-00000000000%d", 2*n+1))
			lost, kept := h.shown(t, from), h.shown(t, into)
			if theirs {
				lost, kept = kept, lost
			}
			must(t, h.service.Merge(ctx, administrator(), here, from, into, theirs))
			if p, err := h.service.Current(ctx, here, from); err != nil || p.Version != kept.Version {
				t.Errorf("theirs %v: got %v (%v), want %v", theirs, p.Version, err, kept.Version)
			}
			h.wantServed(t, lost.Version, 0) // as a replaced one is
			again, err := h.service.Restore(ctx, member(into), here, lost.Version)
			must(t, err)
			h.step(t, 1)
			if p, err := h.service.Current(ctx, here, into); err != nil || p.Version != again.Version || p.Upload != lost.Upload {
				t.Errorf("got %+v (%v), want what was restored", p, err)
			}
			h.sound(t)
		}
	})
}

// People are merged while they associate, remove and are shut out, and while two workers render. Whatever happens,
// nobody's photo is lost and every blob is mentioned.
func TestMergesRace(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, small := build(t, db, nil), photo(t, 16, 16)
		for seed := range 10 {
			mergeRace(t, h, seed, small)
			h.sound(t)
		}
	})
}

func mergeRace(t *testing.T, h *house, seed int, small []byte) {
	t.Helper()
	ctx, chance, admin := t.Context(), rand.New(rand.NewPCG(uint64(seed), 4)), administrator()
	var people [3]association.GUID
	var uploads []storage.ID
	for i := range people {
		people[i] = association.GUID(fmt.Sprintf("00000000-0000-0000-%04d-%012d", seed, i))
		must(t, h.people.Ensure(ctx, here, people[i]))
		uploads = append(uploads, h.upload(t, people[i], small), h.upload(t, people[i], small))
	}
	deeds := []func(){}
	try := func(what string, do func() error) {
		deeds = append(deeds, func() {
			switch err := do(); fault.Of(err) {
			case 0, fault.Conflict, fault.NotFound, fault.Superseded:
			default:
				t.Errorf("seed %d: %s: %v", seed, what, err)
			}
		})
	}
	for i, u := range uploads {
		try("associate", func() error {
			a, err := h.service.Arrive(ctx, member(people[i/2]))
			must(t, err)
			_, err = h.service.Associate(ctx, a, u, people[i/2])
			return err
		})
	}
	try("merge", func() error { return h.service.Merge(ctx, admin, here, people[0], people[1], chance.IntN(2) == 0) })
	try("merge", func() error { return h.service.Merge(ctx, admin, here, people[1], people[2], false) })
	try("merge", func() error { return h.service.Merge(ctx, admin, here, people[2], people[0], false) })
	for range 2 {
		try("work", func() error { _, err := h.worker.Step(ctx); return err })
		try("sweep", func() error { _, err := h.service.Sweep(ctx); return err })
	}
	chance.Shuffle(len(deeds), func(i, j int) { deeds[i], deeds[j] = deeds[j], deeds[i] })
	var all sync.WaitGroup
	for _, do := range deeds {
		all.Go(do)
	}
	all.Wait()
	for worked := 1; worked > 0; {
		var err error
		worked, err = h.worker.Step(ctx)
		must(t, err)
	}
	for _, p := range people { // each associated something, and nothing was removed
		if _, err := h.service.Current(ctx, here, p); err != nil {
			t.Errorf("seed %d: %s has lost the photo: %v", seed, p, err)
		}
	}
}

// sound holds that what is stored is mentioned, and what is mentioned is there.
func (h *house) sound(t *testing.T) {
	t.Helper()
	for what, query := range map[string]string{
		"a current photo that is not ready or not the person's": `SELECT COUNT(*) FROM people p WHERE p.current <> '' AND NOT EXISTS
			(SELECT 1 FROM photos f WHERE f.version = p.current AND f.person = p.guid AND f.state = 2 AND f.due = 0)`,
		"a current or pending photo that holds nothing": `SELECT COUNT(*) FROM photos f WHERE (f.state = 1 OR f.state = 2 AND f.due = 0)
			AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.key = f.upload AND h.holder = f.version)`,
		"a ready photo that nobody shows and that does not end": `SELECT COUNT(*) FROM photos f WHERE f.state = 2 AND f.due = 0
			AND NOT EXISTS (SELECT 1 FROM people p WHERE p.current = f.version)`,
		"a hold of nobody": `SELECT COUNT(*) FROM holds h WHERE NOT EXISTS (SELECT 1 FROM photos f WHERE f.version = h.holder
			AND (f.state = 1 OR f.state = 2 AND f.due = 0))`,
		"a photo or an upload of a name that was merged": `SELECT COUNT(*) FROM people p WHERE p.merged <> ''
			AND (EXISTS (SELECT 1 FROM photos f WHERE f.person = p.guid) OR EXISTS (SELECT 1 FROM uploads u WHERE u.owner = p.guid))`,
		"a shown rendition in the trash": `SELECT COUNT(*) FROM renditions r JOIN photos f ON f.version = r.version
			WHERE f.state = 2 AND f.due = 0 AND EXISTS (SELECT 1 FROM trash t WHERE t.blob = r.blob)`,
		"a replaced rendition that is never trashed": `SELECT COUNT(*) FROM renditions r JOIN photos f ON f.version = r.version
			WHERE f.state = 2 AND f.due > 0 AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.blob = r.blob)`,
	} {
		if n := h.count(t, query); n != 0 {
			t.Errorf("%s: got %d, want 0", what, n)
		}
	}
}
