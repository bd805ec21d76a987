package association_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var log bytes.Buffer
		h, ctx := build(t, db, func(c *association.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }), t.Context()
		me, admin := member(jane), administrator()
		me.Address, admin.Address = "192.0.2.1", "192.0.2.2"
		for range 2 {
			_, err := h.service.Associate(ctx, me, h.upload(t, jane, photo(t, 40, 30)), jane)
			must(t, err)
			h.step(t, 1)
		}
		nasty := identity(t, association.Gigya, "a\n2026 level=INFO msg=audit\x1b[2J\u202e")
		must(t, h.service.Link(ctx, admin, here, jane, nasty))
		must(t, h.service.Remove(ctx, me, here, jane))
		must(t, h.service.Remove(ctx, me, here, jane)) // nothing happens
		wantKind(t, h.service.Merge(ctx, admin, here, jane, john, false), fault.NotFound)
		must(t, h.service.Disable(ctx, association.Operator(here), here, jane))

		got, err := h.service.AuditLog(ctx, admin, here, 0, 0, 100)
		must(t, err)
		var said []string
		for i, e := range got {
			if e.ID != int64(i+1) || e.Person != jane || e.At == 0 {
				t.Errorf("got %+v", e)
			}
			said = append(said, fmt.Sprintf("%s %s %s", e.Action, e.Actor, e.Address))
		}
		want := []string{
			"associated " + string(jane) + " 192.0.2.1", "replaced " + string(jane) + " 192.0.2.1",
			"linked " + string(root) + " 192.0.2.2", "removed " + string(jane) + " 192.0.2.1", "disabled cli ",
		}
		if strings.Join(said, "|") != strings.Join(want, "|") {
			t.Fatalf("got %q, want %q", said, want)
		}
		if o := got[2].Object; strings.ContainsAny(o, "\n\x1b\u202e") || !strings.HasPrefix(o, `gigya:a\n2026`) {
			t.Errorf("the object is %q", o)
		}
		if lines := strings.Count(log.String(), "\n"); lines != len(want) || strings.Contains(log.String(), "\x1b") {
			t.Errorf("got %d lines of log, want %d: %q", lines, len(want), log.String())
		}
		_, err = h.service.AuditLog(ctx, me, here, 0, 0, 100)
		wantKind(t, err, fault.Forbidden)

		h.pass(association.DefaultAudit)
		_, err = h.service.Sweep(ctx)
		must(t, err)
		if n := h.count(t, `SELECT COUNT(*) FROM audit`); n != len(want) {
			t.Errorf("got %d entries, want %d", n, len(want))
		}
		h.pass(time.Second)
		_, err = h.service.Sweep(ctx)
		must(t, err)
		if n := h.count(t, `SELECT COUNT(*) FROM audit`); n != 0 {
			t.Errorf("got %d entries, want none", n)
		}
	})
}

// A reader who goes on from the last entry seen misses none of many writers.
func TestAReaderOfTheAuditLogMissesNothing(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		var done atomic.Bool
		var writers sync.WaitGroup
		for w := range 6 {
			writers.Go(func() {
				for i := range 20 {
					err := db.Do(ctx, func(ctx context.Context) error {
						if err := h.people.Record(ctx, association.Entry{Community: here, Action: "x"}); err != nil {
							return err
						}
						if (w+i)%5 == 0 { // numbers of what is rolled back are given again
							return fault.New(fault.Conflict, "no")
						}
						time.Sleep(time.Duration(w) * time.Millisecond / 2)
						return nil
					})
					if err != nil && !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
				}
			})
		}
		go func() { writers.Wait(); done.Store(true) }()
		for seen := int64(0); ; {
			last := done.Load()
			page, err := h.people.Entries(ctx, here, seen, 0, 7)
			must(t, err)
			for _, e := range page {
				if e.ID != seen+1 {
					t.Fatalf("after %d comes %d", seen, e.ID)
				}
				seen = e.ID
			}
			if last && len(page) == 0 {
				if seen != 96 {
					t.Errorf("saw %d entries, want 96", seen)
				}
				return
			}
		}
	})
}
