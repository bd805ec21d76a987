package servertest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// A27: whatever is asked, with whatever in names, addresses and headers, and also when the server fails, the log is one
// JSON object a line, and holds no credential, no key of the instance and none of its paths.
func TestA27TheLogTellsNothing(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--log-format", "json", "--log-level", "debug"}})
	child.WaitReady()
	jane := call(t, child)
	content := servertest.Picture("me.png", 100_000)
	signed := jane.want("sign in", jane.ask(http.MethodPost, "/v1/session", nil, nil), http.StatusCreated)
	session := cookieOf(t, signed)
	var told struct{ CSRFToken string }
	if err := json.Unmarshal(signed.body, &told); err != nil || told.CSRFToken == "" {
		t.Fatalf("no token against forgery: %v", signed)
	}

	const evil = "x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\x1b[31m\r\u2028"
	odd := url.QueryEscape(evil)
	entry, err := json.Marshal(map[string]any{"Name": evil, "ContentType": "image/png", "ContentLength": 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ method, at, header, value, body string }{
		{"POST", attachments, "Content-Type", "application/json", string(entry)},
		{"GET", "/v1/communities/1/users/" + odd + "/photo", "X-Igloo-Auth", session, ""},
		{"GET", "/nowhere/" + odd + "?token=" + jane.token + "&access_token=" + session, "User-Agent", "\x1b[2J", ""},
		{"GET", "/signin/link?token=" + jane.token, "Cookie", "iglooauth=" + session, ""},
		{"POST", "/signin", "Content-Type", "application/x-www-form-urlencoded", "name=" + odd + "&password=hunter2hunter2"},
		{"POST", "/v1/session", "Content-Type", "application/json", `{"community":1,"name":"` + "jane" + `","password":"hunter2hunter2"}`},
		{"POST", "/.api/api.svc/session/create?username=" + odd + "&password=hunter2hunter2&apiversion=1", "Accept", "application/json", ""},
		{"POST", "/accounts.login?loginID=" + odd + "&password=hunter2hunter2&apiKey=" + odd + "&secret=" + session, "X", "y", ""},
		{"POST", "/services/oauth2/token", "Content-Type", "application/x-www-form-urlencoded", "grant_type=password&username=x&password=hunter2hunter2&assertion=" + jane.token},
		{"GET", "/v1/communities/1/audit", "X-CSRF-Token", told.CSRFToken, ""},
	} {
		if _, err := jane.try(one.method, one.at, http.Header{one.header: {one.value}}, strings.NewReader(one.body), len(one.body)); err != nil &&
			!strings.Contains(err.Error(), "invalid header") {
			t.Errorf("%s %.60s: %v", one.method, one.at, err)
		}
	}

	key := jane.create(len(content))
	jane.finish(key, content)
	spoil(t, filepath.Join(child.Data, "blobs"))
	jane.trouble = true
	if got, err := jane.try(http.MethodGet, "/.api2/binaries/"+key+"/download/me.png", nil, http.NoBody, 0); err == nil && got.status < 500 {
		t.Errorf("bytes that are spoiled: got %d", got.status)
	}
	child.Kill()

	secrets := append(secretsOf(t, child), jane.token, session, told.CSRFToken, "hunter2hunter2", child.Data, "\x1b")
	lines := strings.Split(strings.TrimSpace(child.Said()), "\n")
	requests := 0
	for _, line := range lines {
		if strings.HasPrefix(line, "listening on ") || strings.HasPrefix(line, "sign in as the administrator") {
			continue // said once, to whoever starts it
		}
		var entry struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg == "" {
			t.Errorf("no log line: %q", line)
		}
		if entry.Msg == "forged" {
			t.Errorf("a line of the log is forged: %s", line)
		}
		if entry.Msg == "request" {
			requests++
		}
		for _, secret := range secrets {
			if strings.Contains(line, secret) {
				t.Errorf("the log holds %.12s…: %.300s", secret, line)
			}
		}
	}
	if requests < 14 {
		t.Errorf("got %d requests in the log, want one line each", requests)
	}
}

// spoil turns the bytes around in all files below a folder.
func spoil(t *testing.T, folder string) {
	t.Helper()
	spoiled := 0
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) < 1000 {
			return err
		}
		for i := range b {
			b[i] ^= 0x55
		}
		spoiled++
		return os.WriteFile(path, b, 0o600)
	})
	if err != nil || spoiled == 0 {
		t.Fatalf("%d files were spoiled: %v", spoiled, err)
	}
}
