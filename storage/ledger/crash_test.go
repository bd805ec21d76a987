package ledger_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
	"cameo/storage/sqldb/sqltest"
)

// A process that is killed leaves the database's file and its log as they are at that moment.
func TestWhatWasCommittedSurvivesAKill(t *testing.T) {
	t.Parallel()
	alive := filepath.Join(t.TempDir(), "cameo.db")
	l := ledger.New(sqltest.SQLiteAt(t, alive))
	create(t, l, fresh(1))
	u := claim(t, l, id(1), 0)
	commit(t, l, adding(u, 30, "k/1-1"))
	want, wantExtents := find(t, l, id(1)), extents(t, l, id(1), 0, 100)

	killed := filepath.Join(t.TempDir(), "cameo.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(alive + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(killed+end, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l = ledger.New(sqltest.SQLiteAt(t, killed))
	if diff := cmp.Diff(find(t, l, id(1)), want); diff != "" {
		t.Errorf("the row (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(extents(t, l, id(1), 0, 100), wantExtents); diff != "" {
		t.Errorf("the extents (-got +want):\n%s", diff)
	}

	next, err := l.Claim(t.Context(), id(1), 30, "node-b", now)
	if err != nil || next.Epoch != u.Epoch+1 || next.Dirty != now {
		t.Errorf("claim after the kill: got epoch %d, dirty %d, %v", next.Epoch, next.Dirty, err)
	}
	wantKind(t, l.Commit(t.Context(), adding(want, 10, "k/1-2")), fault.Superseded)
	if got := find(t, l, id(1)); got.State != storage.Active || got.Offset != 30 {
		t.Errorf("got %v at %d, want active at 30", got.State, got.Offset)
	}
}
