package servertest

import (
	"os"
	"path/filepath"
	"testing"

	"cameo/storage/sqldb/sqltest"
)

// Require goes on if the machine offers what a test needs. Else the test is skipped with the reason why, or
// failed if CAMEO_TEST_REQUIRE, a list with commas, has the name. deploy/tools/test.sh says which names there
// are.
func Require(t testing.TB, name string, ok bool, why string) {
	t.Helper()
	sqltest.Require(t, name, ok, why)
}

// Long leaves a test out of `make check`, which alone sets -short and promises a quick look before a commit;
// what says what takes its time there. `make test` and continuous integration run every one of them.
func Long(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("not in make check (-short), but in every make test: %s", what)
	}
}

// photographs is where Debian's package mate-backgrounds has large ones.
const photographs = "/usr/share/backgrounds/mate"

// leastPhotograph is how large a photograph must be to be worth the name, in bytes.
const leastPhotograph = 5_000_000

// Photograph returns the path of a real photograph of at least 5 MB, see Require.
func Photograph(t testing.TB) string {
	t.Helper()
	found := ""
	err := filepath.WalkDir(photographs, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != "Elephants_3840x2160.jpg" {
			return err
		}
		if about, err := d.Info(); err == nil && about.Size() >= leastPhotograph {
			found = path
		}
		return filepath.SkipAll
	})
	Require(t, "photo", err == nil && found != "",
		"Debian's mate-backgrounds, with a photograph of 5 MB, is not installed")
	return found
}
