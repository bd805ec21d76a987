package servertest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// saidOnce is where answers tell what opens a session.
var saidOnce = regexp.MustCompile(
	`"(?:access_token|sessionKey|sessionToken|sessionSecret|csrfToken|regToken|signature)"\s*:\s*"([^"]{12,})"|iglooauth=([^;]+)|signature=([\w-]+)`)

// A27: by whatever dialect somebody signs in and uploads, the log holds nothing of what they showed or were told.
func TestA27NoDialectIsOverheard(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{
		Flags: []string{"--log-format", "json", "--log-level", "debug", "--photos", "members"},
	})
	child.WaitReady()
	addUser(t, child)
	var site struct{ APIKey, Secret string }
	if err := json.Unmarshal([]byte(child.Run("site", "add", "--data", child.Data, "--community", "1")), &site); err != nil {
		t.Fatal(err)
	}
	_, link, _ := strings.Cut(strings.TrimSpace(child.Run("signin", "--data", child.Data)), "token=")
	jane := call(t, child)
	jane.show("jane", "image/png", servertest.Picture("me.png", 1000))
	shown := addressOf(jane, "jane")
	secrets := []string{jane.token, site.Secret, link, "correct horse", "correct+horse", "Y29ycmVjdCBob3JzZQ", "acodethatisgoodonce", "emailtokenemailtoken"}

	const form, password = "application/x-www-form-urlencoded", "&password=correct+horse"
	named := base64.StdEncoding.EncodeToString([]byte("x\n{\"msg\":\"forged\"}"))
	stranger := *jane
	stranger.token, stranger.web = "", &http.Client{
		Transport:     jane.web.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, one := range []struct {
		by               *caller
		method, at, body string
		header           http.Header
		tells            bool // a secret
	}{
		{by: &stranger, method: "POST", at: "/.api/api.svc/session/create", header: http.Header{"Accept": {"application/json"}, "Content-Type": {form}}, body: "appId=6f9619ff-8b86-d011-b42d-00c04fc964ff&username=jane" + password, tells: true},
		{by: &stranger, method: "POST", at: "/.api/api.svc/session/create?appId=6f9619ff-8b86-d011-b42d-00c04fc964ff&username=jane" + password, tells: true},
		{by: &stranger, method: "POST", at: "/v1/session", header: asJSON, body: `{"name":"jane","password":"correct horse"}`, tells: true},
		{by: &stranger, method: "POST", at: "/signin", header: http.Header{"Content-Type": {form}}, body: "name=jane" + password, tells: true},
		{by: &stranger, method: "POST", at: "/signin/link", header: http.Header{"Content-Type": {form}}, body: "token=" + link, tells: true},
		{by: &stranger, method: "GET", at: "/signin/link?token=" + link},
		{by: &stranger, method: "GET", at: "/signin/callback?code=acodethatisgoodonce&state=acodethatisgoodonce"},
		{by: &stranger, method: "POST", at: "/services/oauth2/token", header: http.Header{"Content-Type": {form}}, body: "grant_type=password&username=jane" + password, tells: true},
		{by: &stranger, method: "POST", at: "/services/oauth2/token", header: http.Header{"Content-Type": {form}}, body: "grant_type=" + url.QueryEscape("urn:ietf:params:oauth:grant-type:jwt-bearer") + "&assertion=" + jane.token, tells: true},
		{by: &stranger, method: "POST", at: "/accounts.login", header: http.Header{"Content-Type": {form}}, body: "apiKey=" + site.APIKey + "&loginID=jane" + password, tells: true},
		{by: &stranger, method: "GET", at: "/accounts.initRegistration?apiKey=" + site.APIKey, tells: true},
		{by: &stranger, method: "POST", at: "/accounts.getAccountInfo?apiKey=" + site.APIKey + "&UID=x&secret=" + url.QueryEscape(site.Secret)},
		{by: &stranger, method: "GET", at: "/ncsphoto/emailtokenemailtoken"},
		{by: &stranger, method: "GET", at: shown},
		{by: &stranger, method: "GET", at: "/v1/communities/1/audit", header: http.Header{"Authorization": {"Basic Y29ycmVjdCBob3JzZQ"}}},
		{by: jane, method: "GET", at: "/v1/communities/1/users/" + string(servertest.Person("jane")) + "/photo", header: http.Header{"Accept": {"application/json"}}, tells: true},
		{by: jane, method: "POST", at: "/v1/communities/1/tus/", header: tusHead("Upload-Length: 100", "Upload-Metadata: filename "+named+",filetype aW1hZ2UvcG5n")},
		{by: jane, method: "POST", at: "/v1/communities/1/uploads", header: http.Header{
			"Content-Type": {"image/png"}, "Upload-Complete": {"?0"}, "Upload-Draft-Interop-Version": {"6"},
			"Content-Disposition": {`attachment; filename*=UTF-8''x%0A%7B%22msg%22:%22forged%22%7D`},
		}},
	} {
		got := one.by.ask(one.method, one.at, one.header, []byte(one.body))
		text := string(got.body) + "\n" + strings.Join(got.header.Values("Set-Cookie"), "\n")
		before := len(secrets)
		for _, found := range saidOnce.FindAllStringSubmatch(text, -1) {
			secrets = append(secrets, found[1]+found[2]+found[3])
		}
		if one.tells && len(secrets) == before {
			t.Errorf("%s %.60s: got %v, want something that nobody else may know", one.method, one.at, got)
		}
	}
	child.Kill()
	log := child.Said()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %.12s…", secret)
		}
	}
	for line := range strings.Lines(log) {
		var entry struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err == nil && entry.Msg == "forged" {
			t.Errorf("a line of the log is forged: %s", line)
		}
	}
}

// addUser adds jane to the instance's directory.
func addUser(t *testing.T, child *servertest.Child) {
	t.Helper()
	add := exec.Command(child.Program(), "user", "add", "--data", child.Data,
		"--user", string(servertest.Person("jane")), "--name", "jane", "--password-stdin")
	add.Stdin = strings.NewReader("correct horse")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
