package server_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"cameo/server"
	"cameo/server/boot"
	"cameo/server/servertest"
)

// The path chooses the words of a refusal, also where no route is.
func TestRefusalsSpeakTheDialectOfThePath(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	for _, c := range []struct {
		name, method, path string
		status             int
		mime, allow        string
	}{
		{"Igloo", "GET", "/.api2/nothing", 404, "application/json", ""},
		{"Igloo, in capitals", "GET", "/.API2/nothing", 404, "application/json", ""},
		{"ours", "GET", "/v1/nothing", 404, "application/problem+json", ""},
		{"nobody's", "GET", "/nothing", 404, "application/problem+json", ""},
		{"method of Igloo's", "PUT", "/.api2/api/v1/communities/1/attachments", 405, "application/json", "POST"},
		{"method of ours", "PUT", "/healthz", 405, "application/problem+json", "GET"},
		{"TRACE", "TRACE", "/v1/nothing", 405, "application/problem+json", "GET"},
		{"no session", "GET", "/.api2/api/v1/communities/1/attachments/0123456789", 401, "application/json", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, body := get(t, i, c.method, c.path, nil)
			if got.StatusCode != c.status || got.Header.Get("Content-Type") != c.mime || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("got %s %s %s, want %d %s", got.Status, got.Header, body, c.status, c.mime)
			}
			if !strings.Contains(got.Header.Get("Allow"), c.allow) || c.status == 405 && got.Header.Get("Allow") == "" {
				t.Errorf("Allow: got %q, want %s in it", got.Header.Get("Allow"), c.allow)
			}
			if c.status == 401 && !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("WWW-Authenticate: got %q", got.Header.Get("WWW-Authenticate"))
			}
			if !json.Valid([]byte(body)) || got.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("got %s %s", got.Header, body)
			}
		})
	}
}

func TestRequestsAreLoggedWithoutSecrets(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	jane := servertest.Person("jane")
	token := i.Token(jane)
	path := "/.api2/api/v1/communities/1/attachments/Ab34567890?password=hunter2%0Aforged"
	got, _ := get(t, i, "GET", path, http.Header{"Authorization": {"Bearer " + token}})
	id := got.Header.Get("X-Request-Id")
	if !regexp.MustCompile(`^\d{15}$`).MatchString(id) {
		t.Fatalf("X-Request-Id: got %q, want 15 digits", id)
	}
	var line string
	for deadline := time.Now().Add(5 * time.Second); line == "" && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for one := range strings.Lines(i.Log()) {
			if strings.Contains(one, id) {
				line = one
			}
		}
	}
	for _, want := range []string{"status=404", "method=GET", "attachments/:attachmentKey", "Ab34567890", string(jane), "fault=not_found"} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %q", want, line)
		}
	}
	for _, secret := range []string{"hunter2", "forged", token, token[strings.LastIndex(token, ".")+1:]} {
		if strings.Contains(i.Log(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// A26: X-Forwarded-For counts only from those who are trusted.
func TestForwardedAddresses(t *testing.T) {
	t.Parallel()
	spoof := http.Header{"X-Forwarded-For": {"203.0.113.7"}, "X-Real-Ip": {"203.0.113.7"}}
	for _, c := range []struct {
		name    string
		trusted []boot.Network
		want    string
	}{
		{"nobody is trusted", nil, "ip=127.0.0.1"},
		{"the proxy is trusted", []boot.Network{boot.Network(netip.MustParsePrefix("127.0.0.0/8"))}, "ip=203.0.113.7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := servertest.Start(t, servertest.Configured(func(b *boot.Config) { b.TrustedProxy = c.trusted }))
			get(t, i, "GET", "/healthz", spoof)
			deadline := time.Now().Add(5 * time.Second)
			for !strings.Contains(i.Log(), "route=/healthz") && time.Now().Before(deadline) {
				time.Sleep(5 * time.Millisecond)
			}
			if !strings.Contains(i.Log(), c.want) {
				t.Errorf("got %q, want %s in it", i.Log(), c.want)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if err := server.Default(time.Now).Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for name, spoil := range map[string]func(*server.Config){
		"no time for a head":     func(c *server.Config) { c.HeaderTimeout = 0 },
		"a tiny head":            func(c *server.Config) { c.MaxHeader = 1 },
		"no body":                func(c *server.Config) { c.MaxBody = 0 },
		"a proxy that is no net": func(c *server.Config) { c.TrustedProxies = []netip.Prefix{{}} },
	} {
		c := server.Default(time.Now)
		spoil(&c)
		if c.Validate() == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
