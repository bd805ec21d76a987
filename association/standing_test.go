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

// Who arrives is what the directory makes of what a token says.
func TestArrive(t *testing.T) {
	t.Parallel()
	const nowhere = storage.Community(77) // as yet
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		closed := build(t, db, func(c *association.Config) { c.Limits.Closed = true })
		a := association.Actor{GUID: jane, Communities: []storage.Community{here, nowhere}}

		got, err := closed.service.Arrive(ctx, a)
		must(t, err)
		wantKind(t, got.Enter(here), fault.NotFound)

		got, err = h.service.Arrive(ctx, a)
		must(t, err)
		wantKind(t, got.Enter(here), 0)
		wantKind(t, got.Enter(nowhere), fault.NotFound) // a token may name what does not exist
		wantKind(t, got.Enter(away), fault.NotFound)    // or not name what does
		wantKind(t, association.Actor{}.Enter(here), fault.Unauthenticated)

		got, err = closed.service.Arrive(ctx, a)
		must(t, err)
		wantKind(t, got.Enter(here), 0) // known by now

		set := func(what string) {
			_, err := db.Exec(ctx, `UPDATE people SET `+what+` WHERE community = 1 AND guid = $1`, jane)
			must(t, err)
			got, err = h.service.Arrive(ctx, a)
			must(t, err)
		}
		if got.Administers(here) {
			t.Error("a member administers")
		}
		if set("admin = 1"); !got.Administers(here) {
			t.Error("an administrator of the directory does not administer")
		}
		set("disabled = 5")
		wantKind(t, got.Enter(here), fault.Forbidden)
		wantKind(t, got.Present(), fault.Forbidden)
		wantKind(t, got.MayEdit(here, jane), fault.Forbidden)
		if got.Administers(here) || got.Member(here) {
			t.Error("a person who is shut out has rights")
		}

		must(t, h.people.Ensure(ctx, here, john))
		set("disabled = 0, merged = '" + string(john) + "'")
		if got.In(here) != john || got.Administers(here) || got.MayEdit(here, john) != nil {
			t.Errorf("after a merge: %+v", got)
		}
		wantKind(t, got.MayEdit(here, jane), 0) // another name of the same person

		_, err = db.Exec(ctx, `INSERT INTO communities (key, name, created) VALUES ($1, 'new', 0)`, nowhere)
		must(t, err)
		h.pass(5 * time.Second)
		got, err = h.service.Arrive(ctx, a)
		must(t, err)
		wantKind(t, got.Enter(nowhere), 0) // it is there by now
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		limits := association.SessionLimits{Life: time.Hour, Idle: 10 * time.Minute, Most: 3}
		h, ctx := build(t, db, func(c *association.Config) { c.Sessions = limits }), t.Context()
		a, err := h.service.Arrive(ctx, member(jane))
		must(t, err)

		key, one, err := h.service.Open(ctx, a, association.ViaPassword, "curl", "192.0.2.1")
		must(t, err)
		_, err = association.ParseGUID(key)
		must(t, err)
		got, err := h.service.Resume(ctx, key)
		must(t, err)
		if got.GUID != jane || !got.Member(here) || got.Session != one.ID {
			t.Errorf("got %+v", got)
		}
		_, err = h.service.Resume(ctx, one.ID)
		wantKind(t, err, fault.Unauthenticated)
		if n := h.count(t, `SELECT COUNT(*) FROM sessions WHERE hash = $1 OR id = $1`, key); n != 0 {
			t.Error("the key itself stands in the database")
		}

		for range 5 { // asked for again and again, it lasts
			h.pass(9 * time.Minute)
			_, err = h.service.Resume(ctx, key)
			must(t, err)
		}
		h.pass(10 * time.Minute)
		_, err = h.service.Resume(ctx, key)
		wantKind(t, err, fault.Unauthenticated) // idle

		key, _, err = h.service.Open(ctx, a, association.ViaToken, "", "")
		must(t, err)
		for range 6 {
			h.pass(9 * time.Minute)
			_, err = h.service.Resume(ctx, key)
			must(t, err)
		}
		h.pass(6 * time.Minute)
		_, err = h.service.Resume(ctx, key)
		wantKind(t, err, fault.Unauthenticated) // over

		a.Expires = storage.Millis(h.now.Load()).Add(time.Minute)
		key, short, err := h.service.Open(ctx, a, association.ViaToken, "", "")
		must(t, err)
		if short.Expires != a.Expires {
			t.Error("a session outlives the token that it was exchanged for")
		}
		mine, err := h.service.OpenSessions(ctx, a)
		must(t, err)
		if len(mine) != 1 || mine[0].ID != short.ID {
			t.Errorf("got %+v, want the one that is not over", mine)
		}
		wantKind(t, h.service.End(ctx, member(john), short.ID), fault.NotFound)
		wantKind(t, h.service.End(ctx, a, ""), fault.NotFound)
		must(t, h.service.End(ctx, a, short.ID))
		_, err = h.service.Resume(ctx, key)
		wantKind(t, err, fault.Unauthenticated)
	})
}
