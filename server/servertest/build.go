package servertest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// The program is built once a test run, and once more in other shapes for those who want them.
//
//nolint:gochecknoglobals // a build is the machine's state, not the test's
var (
	plain    = sync.OnceValues(func() (string, error) { return build("plain") })
	faulty   = sync.OnceValues(func() (string, error) { return build("faultpoints") })
	unsynced = sync.OnceValues(func() (string, error) { return build("benchnosync") })
)

// build makes the program from the sources that the test was built of, with the tag of every
// build and one of its own, and returns its path. It lies in the user's cache, one for each tag and checkout.
// A program that is running keeps its old file.
func build(tag string) (string, error) {
	top, err := root()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(top))
	dir := filepath.Join(cache, "cameo-test", hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	draft := filepath.Join(dir, fmt.Sprintf("%s.%d", tag, os.Getpid()))
	made := exec.Command("go", "build", "-tags", "nodynamic,"+tag, "-o", draft, "./cmd/cameo")
	made.Dir = top
	made.Env = append(made.Environ(), "CGO_ENABLED=0")
	if out, err := made.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	program := filepath.Join(dir, tag)
	return program, os.Rename(draft, program)
}

// root is the folder of go.mod, upward from the test.
func root() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the test")
		}
	}
	return "", err
}
