package servertest

import (
	"strings"
	"testing"
)

// untold returns what no log may hold, in whatever dialect it was said: tokens, keys and passwords, as
// clients send them and as the tests choose them.
func untold() []string {
	return []string{
		"eyJhbGciOi", "iglooauth=", "Set-Cookie", "PRIVATE KEY", "correct horse", "correct+horse", "hunter2",
		"password=", "assertion=", "signature=", "access_token=", "oauth_token=", "client_secret=", "csrfToken",
	}
}

// linkLine begins the line that tells whoever starts an instance the link to sign in with.
const linkLine = "sign in as the administrator"

// wantDiscreet is invariant I8 of a log: each test looks through those of all its instances.
func wantDiscreet(t testing.TB, log string) {
	t.Helper()
	for _, secret := range untold() {
		if at := strings.Index(log, secret); at >= 0 {
			t.Errorf("a log holds %q: %.300s", secret, log[strings.LastIndexByte(log[:at], '\n')+1:])
		}
	}
	for rest := log; ; {
		at := strings.Index(rest, "/signin/link?token=")
		if at < 0 {
			return
		}
		line := rest[strings.LastIndexByte(rest[:at], '\n')+1:]
		if !strings.HasPrefix(line, linkLine) {
			t.Errorf("a log holds a link to sign in with: %.300s", line)
		}
		rest = rest[at+1:]
	}
}
