package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cameo/storage"
	"cameo/storage/ledger"
	"cameo/storage/ledger/ledgertest"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func TestDueUploads(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for n, times := range []struct{ due, dirty storage.Millis }{
			0: {0, 0}, 1: {10, 0}, 2: {20, 0}, 3: {0, 10}, 4: {0, 20}, 5: {10, 10}, 6: {20, 10},
		} {
			u := fresh(n)
			u.Due, u.Dirty = times.due, times.dirty
			create(t, l, u)
		}
		for _, test := range []struct {
			now  storage.Millis
			n    int
			want string
		}{
			{9, 100, ""}, {10, 100, "1356"}, {19, 100, "1356"}, {20, 100, "123456"}, {20, 0, ""},
		} {
			us, err := l.Due(t.Context(), test.now, test.now, test.n)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range us {
				got = append(got, string(u.Key[len(u.Key)-1:]))
			}
			slices.Sort(got)
			if strings.Join(got, "") != test.want {
				t.Errorf("at %d: got %v, want %q", test.now, got, test.want)
			}
		}
		if us, err := l.Due(t.Context(), 20, 20, 2); err != nil || len(us) != 2 {
			t.Errorf("got %d uploads, %v; want no more than 2", len(us), err)
		}
	})
}

// What one sweep has taken, no other does before its time is over; and a mark that comes meanwhile is heard.
func TestDueUploadsAreTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for n, times := range []struct{ due, dirty storage.Millis }{{10, 0}, {0, 10}, {10, 10}, {10, 30}} {
			u := fresh(n)
			u.Due, u.Dirty = times.due, times.dirty
			create(t, l, u)
		}
		take := func(now storage.Millis, want string) {
			t.Helper()
			us, err := l.Due(t.Context(), now, now+10, 9)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range us {
				dirty := u.Dirty > 0 && u.Dirty <= now
				if !dirty && (u.Due == 0 || u.Due > now) {
					t.Errorf("at %d: got due %d and dirty %d, want what has come to be told", now, u.Due, u.Dirty)
				}
				got = append(got, fmt.Sprintf("%s %t", u.Key[len(u.Key)-1:], dirty))
			}
			slices.Sort(got)
			if all := strings.Join(got, ", "); all != want {
				t.Errorf("at %d: got %q, want %q", now, all, want)
			}
		}
		take(10, "0 false, 1 true, 2 true, 3 false")
		take(10, "2 false") // it is active: that its time is up is a thing of its own
		take(19, "")
		take(20, "0 false, 1 true, 2 true, 3 false")
	})
}

// No statement that a request waits for may read a whole table, however many uploads there are.
func TestHotStatementsUseAnIndex(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db, 10_000)
		for name, indexes := range map[string][]string{
			"find": {"uploads"}, "claim": {"uploads"}, "commit": {"uploads"},
			"extents": {"uploads", "extents"}, "replace": {"extents"},
			"due": {"uploads_due", "uploads_dirty"}, "trash": {"extents_blob"}, "empty": {"trash_due"},
			"request": {"uploads_request"}, "open": {"only uploads_owner"}, "bytes": {"only uploads_owner"},
			"declare": {"owners", "uploads"},
			"hold":    {"uploads"}, "unhold": {"uploads", "holds"}, "held": {"uploads", "holds"},
		} {
			t.Run(name, func(t *testing.T) {
				sqltest.WantIndexes(t, db, ledger.Statements[name], indexes...)
			})
		}
	})
}

// fill adds the first n uploads, each with one extent of 50 bytes, to a thousand owners.
func fill(tb testing.TB, db *sqldb.DB, n int) {
	tb.Helper()
	ledgertest.Fill(tb, db, n, now, true)
}
