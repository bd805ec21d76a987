package directory_test

import (
	"runtime"
	"testing"

	"cameo/association/directory"
	"cameo/storage/fault"
	"cameo/storage/sqldb/sqltest"
)

// An unknown name costs what a wrong password costs: nobody learns by waiting who is here. The cost is told by the memory that
// a check takes, which no other test takes meanwhile: this one is not parallel.
func TestAnUnknownNameCostsAsMuch(t *testing.T) {
	d, ctx := open(sqltest.SQLite(t)), t.Context()
	must(t, d.AddUser(ctx, directory.User{Community: 1, GUID: jane, Name: "jane", Password: "correct horse"}))
	cost := func(name string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := d.CheckPassword(ctx, 1, name, "wrong")
		runtime.ReadMemStats(&after)
		wantKind(t, err, fault.Unauthenticated)
		return after.TotalAlloc - before.TotalAlloc
	}
	known := cost("jane")
	for _, name := range []string{"joan", "", "j\x00", "\xff"} {
		if got := cost(name); got < known*9/10 {
			t.Errorf("%q: a check takes %d bytes, want as many as for a known name: %d", name, got, known)
		}
	}
}
