package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cameo/server/servertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cameo": main})
}

// The scripts are what people type. $JANE, $BOB and $ROOT are GUIDs; $DATA is the data directory that all commands take.
// Besides testscript's own commands there are those of commands_test.go.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "picture": picture, "bearer": bearer, "await": await,
			"serving": serving, "stopping": stopping, "cutting": cutting,
		},
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"JANE", "BOB", "ROOT"} {
				e.Setenv(name, string(servertest.Person(name)))
			}
			e.Setenv("DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("CAMEO_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			return os.Mkdir(filepath.Join(e.WorkDir, "state"), 0o700)
		},
	})
}
