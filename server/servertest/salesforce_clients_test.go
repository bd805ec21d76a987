package servertest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
)

// jsforce signs in, sets, crops and removes a photo as it is.
func TestJSForce(t *testing.T) {
	servertest.Long(t, "Node.js and its packages")
	t.Parallel()
	found, err := exec.Command(filepath.Join("..", "..", "deploy", "tools", "tools.sh"), "clients").Output()
	folder := filepath.Join(strings.TrimSpace(string(found)), "jsforce")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "node_modules", "jsforce"))
	}
	servertest.Require(t, "browser", err == nil, "npm and Node.js are not installed, or the registry cannot be reached")
	i := servertest.Start(t)
	jane := callInstance(t, i)
	key := jane.upload("image/png", servertest.Picture("jsforce", 3000))
	cmd := exec.Command("node", "photo.mjs", i.URL, jane.token, "06900"+key)
	cmd.Dir = folder
	limit := time.AfterFunc(within(60*time.Second), func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	said, err := cmd.CombinedOutput()
	if version, ok := strings.CutPrefix(strings.TrimSpace(string(said)), "done 729"); err != nil || !ok || len(version) != 15 {
		t.Errorf("jsforce ended with %v and said: %s", err, said)
	}
}
