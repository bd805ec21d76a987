package fetch_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cameo/storage/sqldb/sqltest"
)

// insideVariable names, in the child that runs in the namespace, the folder of its certificate and its
// resolv.conf.
const insideVariable = "CAMEO_TEST_FETCH_NAMESPACE"

// Every address leads to this machine, and so to the test's listeners: the whole world is a canary.
const routes = `link set lo up
route add local 0.0.0.0/0 dev lo
route add local ::/0 dev lo
`

// TestNamespace runs this test binary again as a child with a network and mounts of its own, which the kernel
// removes when the child has ended, however it ends. The child runs TestNamespace too, and there it is attacks.
func TestNamespace(t *testing.T) {
	if dir := os.Getenv(insideVariable); dir != "" {
		attack(t, dir)
		return
	}
	t.Parallel()
	ip, err := exec.LookPath("ip")
	sqltest.Require(t, "netns", err == nil && os.Geteuid() == 0, "want root and Debian's iproute2")
	private := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	probe := exec.Command(ip, "-V")
	probe.SysProcAttr = private
	err = probe.Run()
	sqltest.Require(t, "netns", err == nil, "no network namespace can be made here")

	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(t.Context(), 3*time.Minute)
	defer end()
	child := exec.CommandContext(ctx, self, "-test.run=^TestNamespace$", "-test.v", "-test.timeout=150s")
	dir := t.TempDir()
	child.SysProcAttr = private
	child.Env = append(os.Environ(), insideVariable+"="+dir, "SSL_CERT_FILE="+filepath.Join(dir, "ca.pem"),
		"HTTP_PROXY=http://10.9.9.9:3128", "HTTPS_PROXY=http://10.9.9.9:3128", "ALL_PROXY=socks5://10.9.9.9:3128",
		"http_proxy=http://10.9.9.9:3128", "https_proxy=http://10.9.9.9:3128", "all_proxy=socks5://10.9.9.9:3128",
		"NO_PROXY=", "no_proxy=", "CAMEO_TEST_REQUIRE=")
	said, err := child.CombinedOutput()
	t.Logf("in the namespace:\n%s", said)
	if err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(said), "--- PASS: TestNamespace/attacks/") {
		t.Error("the child has run no attack")
	}
}

// isolate makes the child's own network and its own way to look up names.
func isolate(t *testing.T, dir string) {
	t.Helper()
	add := exec.Command("ip", "-batch", "-")
	add.Stdin = strings.NewReader(routes)
	if said, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"resolv.conf": "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n",
		"hosts":       "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount(file, filepath.Join("/etc", name), "", syscall.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
	}
}
