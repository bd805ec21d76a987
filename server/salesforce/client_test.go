package salesforce_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// manage does what a command does while the server runs, and reads what it prints.
func (c *caller) manage(work func(*boot.People, io.Writer) error, into any) {
	c.Helper()
	var out bytes.Buffer
	err := boot.ManagePeople(c.Context(), boot.Stores{Data: c.at.Data}, "1", boot.ThisMachine(io.Discard),
		func(p *boot.People) error { return work(p, &out) })
	if err == nil && into != nil {
		err = json.Unmarshal(out.Bytes(), into)
	}
	if err != nil {
		c.Fatal(err)
	}
}

// site is what is told of a site that was added.
type site struct{ APIKey, Secret string }

func (c *caller) addSite() (s site) {
	c.Helper()
	c.manage(func(p *boot.People, to io.Writer) error { return p.AddSite(c.Context(), boot.NewSite{}, to) }, &s)
	return s
}

const asForm = "application/x-www-form-urlencoded"

// signIn asks for a token by client_credentials.
func (c *caller) signIn(status int, id, secret string) map[string]string {
	c.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	got := c.want(status, "POST", "/services/oauth2/token", strings.NewReader(form.Encode()), "Content-Type", asForm)
	var said map[string]string
	if err := json.Unmarshal(got.body, &said); err != nil {
		c.Fatalf("%v: %v", got, err)
	}
	return said
}

// The server of a site signs in as a person of its own, and sets the photos of others; also where nobody is
// added by coming.
func TestASiteSignsIn(t *testing.T) {
	t.Parallel()
	c := start(t, servertest.Configured(func(cfg *boot.Config) { cfg.Directory = "closed" }))
	if err := c.at.Node().Directory.Ensure(t.Context(), 1, servertest.Person("jane")); err != nil {
		t.Fatal(err)
	}
	s, nobody := c.addSite(), &caller{t, c.at, ""}
	said := nobody.signIn(200, s.APIKey, s.Secret)
	server := &caller{t, c.at, said["token_type"] + " " + said["access_token"]}
	info := server.want(200, "GET", "/services/oauth2/userinfo", nil).resource(t)
	id, _ := info["user_id"].(string)
	if len(id) != 18 || !strings.HasSuffix(said["id"], "/"+id) {
		t.Errorf("got %v after %v", info, said)
	}
	file := server.upload(quarters(t, 100, 100))
	for _, who := range []string{c.id(), "me"} {
		server.want(201, "POST", v58+"/connect/user-profiles/"+who+"/photo", strings.NewReader(`{"fileId": "`+file+`"}`),
			"Content-Type", "application/json")
	}
	c.ready("jane", "ready")
	// By HTTP Basic it is the same person.
	basic := &caller{t, c.at, "Basic " + base64.StdEncoding.EncodeToString([]byte(s.APIKey+":"+s.Secret))}
	if again := basic.signIn(200, "", ""); again["id"] != said["id"] || again["access_token"] == said["access_token"] {
		t.Errorf("got %v, want another session of %s", again, said["id"])
	}
	for _, wrong := range []site{{s.APIKey, s.Secret + "x"}, {s.APIKey, ""}, {"3_nothing", s.Secret}, {"", ""}} {
		if got := nobody.signIn(400, wrong.APIKey, wrong.Secret); got["error"] != "invalid_client" {
			t.Errorf("%v: got %v", wrong, got)
		}
	}
	stranger := &caller{t, c.at, "Basic " + base64.StdEncoding.EncodeToString([]byte(s.APIKey+":x"))}
	if got := stranger.signIn(401, "", ""); got["error"] != "invalid_client" {
		t.Errorf("got %v", got)
	}
}

// Another secret, and the end of a site, end what was begun with the old one.
func TestASitesSessionsEnd(t *testing.T) {
	t.Parallel()
	c := start(t)
	s, nobody := c.addSite(), &caller{t, c.at, ""}
	begin := func(s site) *caller {
		return &caller{t, c.at, "Bearer " + nobody.signIn(200, s.APIKey, s.Secret)["access_token"]}
	}
	first := begin(s)
	first.want(200, "GET", photo, nil)
	var rotated site
	c.manage(func(p *boot.People, to io.Writer) error { return p.RotateSite(t.Context(), s.APIKey, to) }, &rotated)
	first.refused(401, "INVALID_SESSION_ID", "GET", photo, nil)
	nobody.signIn(400, s.APIKey, s.Secret)
	second := begin(rotated)
	second.want(200, "GET", photo, nil)
	c.manage(func(p *boot.People, _ io.Writer) error { return p.DisableSite(t.Context(), s.APIKey) }, nil)
	second.refused(401, "INVALID_SESSION_ID", "GET", photo, nil)
	nobody.signIn(400, s.APIKey, rotated.Secret)
}
