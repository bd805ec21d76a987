package sqltest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Require goes on if the machine offers what a test needs. Else the test is skipped with the reason why, or
// failed if CAMEO_TEST_REQUIRE, a list with commas, has the name. deploy/tools/test.sh says which names there
// are.
func Require(tb testing.TB, name string, ok bool, why string) {
	tb.Helper()
	if ok {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("CAMEO_TEST_REQUIRE"), ","), name) {
		tb.Fatalf("%s is required here: %s", name, why)
	}
	tb.Skipf("%s: %s", name, why)
}
