package igloo_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"cameo/association/directory"
	"cameo/server/boot"
	"cameo/server/servertest"
)

const (
	create      = "/.api/api.svc/session/create"
	password    = "correct horse"
	application = "cf0f3e1c-3d9b-4d5f-8bd2-0c5d1a7a52c1"
)

// withJane is an instance of which jane is a user, and whose one community has a name.
func withJane(t *testing.T, change func(*boot.Config)) *instance {
	t.Helper()
	i := start(t, change)
	if err := i.Node().Directory.AddCommunity(t.Context(), 1, "Sample Place"); err != nil {
		t.Fatal(err)
	}
	err := i.Node().Directory.AddUser(t.Context(), directory.User{
		Community: 1, GUID: jane, Name: "Jane", Password: password,
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Each file of testdata/session is what a client sends, and what it gets.
func TestSessionsAsIglooClientsBeginThem(t *testing.T) {
	t.Parallel()
	i := withJane(t, nil)
	files, err := filepath.Glob("testdata/session/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("got %d files (%v)", len(files), err)
	}
	volatile := []struct {
		what *regexp.Regexp
		name string
	}{
		{regexp.MustCompile(`(iglooauth=|sessionKey"?[:>]"?)[0-9a-f-]{36}`), "${1}KEY"},
		{regexp.MustCompile(`(requestSupportCode"?[:>])\d{15}`), "${1}ID"},
		{regexp.MustCompile(`/Date\(\d+\+0000\)/`), "TIME"},
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			golden := txtar.Parse(text)
			head, body, _ := strings.Cut(string(golden.Files[0].Data), "\n\n")
			lines := strings.Split(head, "\n")
			asked := strings.Fields(lines[0])
			got := i.in(t).send(request{
				method: asked[0], path: asked[1], head: lines[2:], body: []byte(strings.TrimSuffix(body, "\n")),
			})
			said := fmt.Sprintf("%d %s\n", got.StatusCode, got.Header.Get("Content-Type"))
			for _, cookie := range got.Header.Values("Set-Cookie") {
				said += "Set-Cookie: " + cookie + "\n"
			}
			said += string(got.body) + "\n"
			for _, v := range volatile {
				said = v.what.ReplaceAllString(said, v.name)
			}
			if want := string(golden.Files[1].Data); said != want {
				t.Errorf("got\n%s\nwant\n%s", said, want)
			}
		})
	}
}

// signIn creates a session for jane and returns its key.
func (i *instance) signIn(head ...string) (answer, string) {
	i.t.Helper()
	got := i.send(request{
		method: "POST", path: create, head: append([]string{
			"Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
		}, head...),
		body: []byte("appId=" + application + "&username=jane&password=correct+horse"),
	})
	var said struct{ Response struct{ SessionKey string } }
	if err := json.Unmarshal(got.body, &said); err != nil || got.StatusCode == http.StatusOK && said.Response.SessionKey == "" {
		i.t.Fatalf("%s %s: %v", got.Status, got.body, err)
	}
	return got, said.Response.SessionKey
}

// The scripts of Igloo's customers send the cookie alone, under a name in any case.
func TestASessionUploadsByItsCookieAlone(t *testing.T) {
	t.Parallel()
	i := withJane(t, nil)
	_, key := i.signIn()
	for _, name := range []string{"iglooauth", "iglooAuth", "IGLOOAUTH"} {
		got := i.send(request{
			method: "POST", path: attachments, head: []string{"Cookie: igjwt=x; " + name + "=" + key, "Content-Type: application/json"},
			body: []byte(`{"ContentLength":10,"ContentType":"image/png","Name":"me.png"}`),
		})
		wantStatus(t, got, http.StatusCreated)
	}
}

func TestWhatIsSaidWrongAboutASession(t *testing.T) {
	t.Parallel()
	i := withJane(t, nil)
	const (
		form = "Content-Type: application/x-www-form-urlencoded"
		good = "appId=" + application + "&username=jane&password=correct+horse"
	)
	for _, c := range []struct {
		name, query, kind, body string
		status, code            int
		about                   []string
	}{
		{name: "nothing", status: 200, code: 422, about: []string{"appId", "username", "password"}},
		{name: "no password", kind: form, body: "appId=" + application + "&username=jane", status: 200, code: 422, about: []string{"password"}},
		{name: "an empty password", kind: form, body: "appId=" + application + "&username=jane&password=", status: 200, code: 422, about: []string{"password"}},
		{name: "a field twice, in two cases", kind: form, body: good + "&PASSWORD=x", status: 200, code: 400},
		{name: "broken JSON", kind: "Content-Type: application/json", body: `{"appId":`, status: 200, code: 400},
		{name: "broken XML", kind: "Content-Type: application/xml", body: "<r><username>jane</r>", status: 200, code: 400},
		{
			name: "XML with an entity of its own", kind: "Content-Type: text/xml", status: 200, code: 400,
			body: `<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r><username>&e;</username></r>`,
		},
		{name: "another type", kind: "Content-Type: text/plain", body: good, status: 415, code: 415},
		{name: "an unknown community", kind: form, body: good + "&community=77", status: 200, code: 401},
		{name: "an unknown name of a community", kind: form, body: good + "&community=Nowhere", status: 200, code: 401},
		{name: "an unknown person", kind: form, body: "appId=" + application + "&username=joan&password=x", status: 200, code: 401},
		{name: "a name that no database keeps", kind: form, body: "appId=" + application + "&username=j%00%ff&password=x", status: 200, code: 401},
		{name: "a page of another site", kind: form + "\r\nOrigin: https://evil.example", body: good, status: 403, code: 403},
		{name: "too much", kind: form, body: good + "&x=" + strings.Repeat("x", 70_000), status: 413, code: 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			head := []string{"Accept: application/json"}
			if c.kind != "" {
				head = append(head, c.kind)
			}
			got := i.in(t).send(request{method: "POST", path: create + c.query, head: head, body: []byte(c.body)})
			var said struct{ Exception exception }
			if err := json.Unmarshal(got.body, &said); err != nil {
				t.Fatalf("%s %s: %v", got.Status, got.body, err)
			}
			if got.StatusCode != c.status || said.Exception.StatusCode != c.code {
				t.Errorf("got %d with statusCode %d, want %d with %d: %s", got.StatusCode, said.Exception.StatusCode, c.status, c.code, got.body)
			}
			if got.Header.Get("Set-Cookie") != "" {
				t.Errorf("got the cookie %q, want none", got.Header.Get("Set-Cookie"))
			}
			for n, param := range c.about {
				if list := said.Exception.ErrorList; len(list) != len(c.about) || !strings.Contains(fmt.Sprint(list[n].DataTokens), param) {
					t.Errorf("got %+v, want errors about %v", list, c.about)
				}
			}
			if strings.Contains(i.Log(), "correct horse") || strings.Contains(i.Log(), "correct+horse") {
				t.Error("the log holds a password")
			}
		})
	}
}

// The community may be named by its key, its name or the host, in JSON and XML too; with two, one must be named.
func TestTheCommunityOfASession(t *testing.T) {
	t.Parallel()
	i := withJane(t, nil)
	said := func(community string) int {
		got := i.send(request{
			method: "POST", path: create, head: []string{"Content-Type: application/json", "Accept: application/json"},
			body: fmt.Appendf(nil, `{"APPID":"{%s}","username":"jane","password":"correct horse"%s}`, application, community),
		})
		var e struct{ Exception *exception }
		if err := json.Unmarshal(got.body, &e); err != nil {
			t.Fatal(err)
		}
		if e.Exception != nil {
			return e.Exception.StatusCode
		}
		return got.StatusCode
	}
	for _, community := range []string{
		"", `,"community":1`, `,"community":"1"`, `,"community":"sample place"`, `,"community":"cameo.test"`, `,"community":"https://cameo.test/"`,
	} {
		if got := said(community); got != http.StatusOK {
			t.Errorf("%s: got %d, want a session", community, got)
		}
	}
	if err := i.Node().Directory.AddCommunity(t.Context(), 2, "Other"); err != nil {
		t.Fatal(err)
	}
	for community, want := range map[string]int{
		"": 422, `,"community":"cameo.test"`: 422, `,"community":"Sample Place"`: 200, `,"community":"other"`: 401, `,"community":-1`: 401,
	} {
		if got := said(community); got != want {
			t.Errorf("two communities, %s: got %d, want %d", community, got, want)
		}
	}
	got := i.send(request{
		method: "POST", path: create, head: []string{"Content-Type: text/xml; charset=utf-8"}, body: []byte(`<?xml version="1.0"?>
<session xmlns="http://example.org"><appId>` + application + `</appId><community>1</community>
<username>jane</username><password><![CDATA[correct]]> horse</password></session>`),
	})
	if !strings.Contains(string(got.body), "<sessionKey>") {
		t.Errorf("XML: got %s, want a session", got.body)
	}
}

// The cookie comes back by https alone where the client came by it, as far as anybody says so who may.
func TestTheCookieOfASessionIsSecure(t *testing.T) {
	t.Parallel()
	public := func(c *boot.Config) { c.PublicURL = []boot.WebURL{"https://photos.example.org"} }
	trusting := func(c *boot.Config) {
		c.TrustedProxy = []boot.Network{boot.Network(netip.MustParsePrefix("127.0.0.0/8"))}
	}
	for _, c := range []struct {
		name   string
		change func(*boot.Config)
		head   string
		want   bool
	}{
		{"http", nil, "X-Nothing: x", false},
		{"a stranger's word", nil, "X-Forwarded-Proto: https", false},
		{"a stranger's other word", nil, "X-Forwarded-Ssl: on", false},
		{"a trusted proxy's word", trusting, "X-Forwarded-Proto: https", true},
		{"a trusted proxy that speaks http", trusting, "X-Forwarded-Proto: http", false},
		{"a public address", public, "X-Nothing: x", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := withJane(t, c.change).signIn(c.head)
			if secure := strings.Contains(got.Header.Get("Set-Cookie"), "; Secure"); secure != c.want {
				t.Errorf("got %q, want Secure %v", got.Header.Get("Set-Cookie"), c.want)
			}
		})
	}
	cert, key, trusted := servertest.SelfSigned(t)
	i := withJane(t, func(c *boot.Config) { c.TLSCert, c.TLSKey = cert, key })
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	t.Cleanup(client.CloseIdleConnections)
	got, err := client.PostForm(i.URL+create, map[string][]string{"appId": {application}, "username": {"jane"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if !strings.Contains(got.Header.Get("Set-Cookie"), "; Secure") {
		t.Errorf("https: got %q, want Secure", got.Header.Get("Set-Cookie"))
	}
}
