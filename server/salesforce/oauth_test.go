package salesforce_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"cameo/association/directory"
	"cameo/server/servertest"
)

// A session begins by a token or a password, and is good for all that a token is.
func TestSignIn(t *testing.T) {
	t.Parallel()
	c := start(t)
	err := c.at.Node().Directory.AddUser(t.Context(), directory.User{
		Community: 1, GUID: servertest.Person("jane"), Name: "jane", Password: "correct horse",
	})
	if err != nil {
		t.Fatal(err)
	}
	const jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	nobody := &caller{t, c.at, ""}
	ask := func(status int, form url.Values) map[string]string {
		t.Helper()
		got := nobody.want(status, "POST", "/services/oauth2/token", strings.NewReader(form.Encode()),
			"Content-Type", "application/x-www-form-urlencoded")
		if got.Header.Get("Set-Cookie") != "" || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("got %v", got)
		}
		var m map[string]string
		if err := json.Unmarshal(got.body, &m); err != nil {
			t.Fatalf("%v: %v", got, err)
		}
		return m
	}
	token := strings.TrimPrefix(c.auth, "Bearer ")
	for _, form := range []url.Values{
		{"grant_type": {jwt}, "assertion": {token}},
		{"grant_type": {"password"}, "username": {"jane"}, "password": {"correct horse"}, "client_id": {"x"}},
	} {
		m := ask(200, form)
		in := &caller{t, c.at, m["token_type"] + " " + m["access_token"]}
		info := in.want(200, "GET", m["instance_url"]+"/services/oauth2/userinfo", nil).resource(t)
		if id, _ := info["user_id"].(string); len(id) != 18 || !strings.HasSuffix(m["id"], "/"+id) {
			t.Errorf("got %v after %v", info, m)
		}
		got := in.ask("POST", photo, strings.NewReader(multipartBody("xyz", binaryPart("fileUpload", string(quarters(t, 90, 90))))), "Content-Type", asParts)
		if got.StatusCode != 201 {
			t.Errorf("got %v", got)
		}
	}
	for _, one := range []struct {
		want string
		form url.Values
	}{
		{"unsupported_grant_type", url.Values{"grant_type": {"refresh_token"}}},
		{"unsupported_grant_type", nil},
		{"invalid_grant", url.Values{"grant_type": {jwt}, "assertion": {token[:len(token)-4] + "AAAA"}}},
		{"invalid_grant", url.Values{"grant_type": {jwt}}},
		{"invalid_grant", url.Values{"grant_type": {"password"}, "username": {"jane"}, "password": {"wrong"}}},
		{"invalid_grant", url.Values{"grant_type": {"password"}, "username": {"nobody"}, "password": {"correct horse"}}},
	} {
		if m := ask(400, one.form); m["error"] != one.want || m["error_description"] == "" || m["access_token"] != "" {
			t.Errorf("%v: got %v, want %s", one.form, m, one.want)
		}
	}
	nobody.refused(401, "INVALID_SESSION_ID", "GET", "/services/oauth2/userinfo", nil)
}

func TestVersionsAreListed(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, path := range []string{"/services/data", "/services/data/"} {
		var all []struct{ Version, URL string }
		if err := json.Unmarshal((&caller{t, c.at, ""}).want(200, "GET", path, nil).body, &all); err != nil {
			t.Fatal(err)
		}
		if len(all) != 45 || all[0].Version != "23.0" || all[44].URL != "/services/data/v67.0" {
			t.Errorf("%s: got %v", path, all)
		}
	}
}
