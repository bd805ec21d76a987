package s3test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Kind is a server's program.
type Kind string

// The programs.
const (
	MinIO     Kind = "minio"
	VersityGW Kind = "versitygw"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{MinIO, VersityGW} }

// program is the path of the kind's program.
func (k Kind) program() (string, error) {
	variable := "CAMEO_TEST_" + strings.ToUpper(string(k))
	if path := os.Getenv(variable); path != "" {
		return path, nil
	}
	folder, err := built()
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, string(k))
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not built: run deploy/tools/tools.sh s3, or name it by %s", k, variable)
	}
	return path, nil
}

// built asks tools.sh where it keeps the servers. It builds nothing: that takes minutes.
func built() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(here), "..", "..", "..", "..", "deploy", "tools", "tools.sh")
	out, err := exec.Command(script, "s3", "where").Output()
	if err != nil {
		return "", fmt.Errorf("deploy/tools/tools.sh does not say where the S3 servers are: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// command is how the kind is started. All it writes is below dir.
func (k Kind) command(program, dir, address string) []string {
	if k == VersityGW { // it changes its working directory, and asks for absolute paths
		return []string{program, "--port", address, "posix", filepath.Join(dir, "data")}
	}
	return []string{program, "server", "--quiet", "--address", address, filepath.Join(dir, "data")}
}

// environment is what the kind needs of it, and nothing of the developer's own settings.
func (k Kind) environment(dir string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir,
		"MINIO_ROOT_USER=" + Access, "MINIO_ROOT_PASSWORD=" + Secret, "MINIO_BROWSER=off", "MINIO_UPDATE=off",
		"ROOT_ACCESS_KEY=" + Access, "ROOT_SECRET_KEY=" + Secret,
	}
}

// absent ends a test that lacks a server.
func absent(tb testing.TB, why error) {
	tb.Helper()
	if slices.Contains(strings.Split(os.Getenv("CAMEO_TEST_REQUIRE"), ","), "s3") {
		tb.Fatalf("CAMEO_TEST_REQUIRE asks for s3: %v", why)
	}
	tb.Skip(why)
}

func notShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts an S3 server, which takes seconds")
	}
}
