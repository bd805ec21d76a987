package servertest_test

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"cameo/server/servertest"
)

// A29: what is for operators has a listener of its own, and what strangers may see holds no secret.
func TestA29AdminSurface(t *testing.T) {
	t.Parallel()
	ops := freeAddress(t)
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--ops-listen", ops}})
	child.WaitReady()
	admin := call(t, child)
	admin.token = child.Token(string(servertest.Person("root")), true) // even an administrator is a client
	for _, path := range []string{
		"/metrics", "/metrics/", "//metrics", "/METRICS", "/debug", "/debug/pprof", "/debug/pprof/", "/debug/pprof/heap",
		"/debug/pprof/cmdline", "/debug/pprof/profile?seconds=1", "/debug/vars", "/debug/requests", "/.env", "/.git/config",
		"/keys", "/cameo.db", "/blobs", "/data", "/admin/", "/server-status", "/actuator/env", "/swagger.json", "/config",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			admin.want(method+" "+path, admin.ask(method, path, nil, nil), http.StatusNotFound)
		}
	}

	private := *admin
	private.token, private.url = "", func() string { return "http://" + ops }
	for path, says := range map[string]string{
		"/metrics": "cameo_requests_total", "/debug/pprof/": "goroutine", "/debug/pprof/heap?debug=1": "heap profile",
	} {
		got := private.want(path, private.ask(http.MethodGet, path, nil, nil), http.StatusOK)
		if !bytes.Contains(got.body, []byte(says)) {
			t.Errorf("%s: got %.200s, want it to say %s", path, got.body, says)
		}
	}
	for _, path := range []string{"/healthz", "/openapi.yaml", "/"} {
		private.want(path+" for operators", private.ask(http.MethodGet, path, nil, nil), http.StatusNotFound)
	}

	stranger := *admin
	stranger.token = ""
	secrets := append(secretsOf(t, child), child.Data, "/root/", "/home/")
	for _, path := range []string{"/healthz", "/readyz", "/openapi.yaml", "/", "/docs"} {
		got := stranger.want(path, stranger.ask(http.MethodGet, path, nil, nil), http.StatusOK)
		wantNoSecret(t, path, got, secrets)
	}
	wantNoSecret(t, "/metrics", private.ask(http.MethodGet, "/metrics", nil, nil), secrets)
	got := private.ask(http.MethodGet, "/debug/pprof/cmdline", nil, nil) // operators may see paths, not keys
	wantNoSecret(t, "/debug/pprof/cmdline", got, secretsOf(t, child))
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	return door.Addr().String()
}

// secretsOf are the texts of the instance's keys.
func secretsOf(t *testing.T, child *servertest.Child) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(child.Data, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatalf("the keys: %v", err)
	}
	secrets := []string{string(text), "PRIVATE KEY", "CAMEO_TOKEN="}
	for _, key := range keys {
		if s, ok := key.(string); ok && len(s) > 8 {
			secrets = append(secrets, s)
		}
	}
	if len(secrets) < 3+3 {
		t.Fatalf("the keys hold %d texts, want a deployment and two keys at least", len(secrets)-3)
	}
	return secrets
}

func wantNoSecret(t *testing.T, what string, got answer, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		if bytes.Contains(got.body, []byte(s)) {
			t.Errorf("%s holds %.10q…", what, s)
		}
	}
}
