package people_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// caller asks as somebody, and holds what passes against the description of the interface.
type caller struct {
	*testing.T
	s     *servertest.Story
	http  *http.Client
	token string
}

func call(t *testing.T, s *servertest.Story, as string, admin ...storage.Community) *caller {
	t.Helper()
	contract, err := servertest.NewContract(&http.Transport{})
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t, s, &http.Client{Transport: contract}, s.Token(servertest.Person(as), admin...)}
}

// ask wants a status, and reads the answer into one if that is not nil.
func (c *caller) ask(want int, method, path, body string, into any) {
	c.Helper()
	text := io.Reader(nil)
	if body != "" {
		text = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(c.Context(), method, c.s.Instance.URL+"/v1/communities/1"+path, text)
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := c.http.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer got.Body.Close()
	answer, err := io.ReadAll(got.Body)
	if err != nil {
		c.Fatal(err)
	}
	if got.StatusCode != want {
		c.Fatalf("%s %s: got %d, want %d: %s", method, path, got.StatusCode, want, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			c.Fatalf("%s: %v", answer, err)
		}
	}
}

type user struct {
	GUID, Name, Disabled string
	Identities           []struct{ System, Name string }
}

func guid(name string) string { return string(servertest.Person(name)) }

func TestNamesOfAnyKind(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	root := call(t, s, "root", 1)
	root.ask(200, "PUT", "/users/"+guid("jane"), `{"name":"Jane"}`, nil)
	for _, name := range []string{"a/b", "..", "%2F", "a+b c", "Ü\n\x1b[31m", "_guid_==", "?q=#", `"` + "\\"} {
		raw := *root
		raw.http = s.Instance.HTTP // the description's router knows no encoded slash
		raw.ask(204, "PUT", "/users/"+guid("jane")+"/identities/gigya/"+url.PathEscape(name), "", nil)
		var found struct{ Users []user }
		root.ask(200, "GET", "/users?system=gigya&name="+url.QueryEscape(name), "", &found)
		if len(found.Users) != 1 || found.Users[0].GUID != guid("jane") {
			t.Errorf("%q: found %+v", name, found)
		}
		raw.ask(204, "DELETE", "/users/"+guid("jane")+"/identities/gigya/"+url.PathEscape(name), "", nil)
	}
	root.ask(204, "PUT", "/users/"+guid("jane")+"/identities/salesforce/005A0000006Vm9r", "", nil)
	root.ask(409, "PUT", "/users/"+guid("john")+"/identities/salesforce/005A0000006Vm9rIAC", "", nil)
	root.ask(400, "PUT", "/users/"+guid("jane")+"/identities/salesforce/005A0000006Vm9rIAA", "", nil)
	var u user
	call(t, s, "jane").ask(200, "GET", "/users/"+guid("jane"), "", &u)
	if len(u.Identities) != 1 || u.Identities[0].Name != "005A0000006Vm9rIAC" {
		t.Errorf("got %+v, want one name, with its checksum", u)
	}
	root.ask(400, "PUT", "/users/"+guid("jane"), `{"name":"a\nb"}`, nil)
	root.ask(400, "PUT", "/users/"+guid("jane"), `{"nam":"x"}`, nil)
	root.ask(400, "PUT", "/users/"+guid("jane"), `[]`, nil)
	root.ask(400, "GET", "/users?after=*", "", nil)
	root.ask(400, "GET", "/audit?after="+"MTJ4", "", nil)
	root.ask(400, "GET", "/users?limit=201", "", nil)
}

func TestPagesMissNobody(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	root, jane := call(t, s, "root", 1), call(t, s, "jane")
	for i := range 7 {
		root.ask(200, "PUT", fmt.Sprintf("/users/00000000-0000-0000-0000-00000000000%d", i), fmt.Sprintf(`{"name":"P %d"}`, i), nil)
		s.As("jane").Create("me.png", 100)
	}
	for path, member := range map[string]string{"/users?q=p+&": "users", "/uploads?owner=" + guid("jane") + "&": "uploads", "/audit?": "entries"} {
		seen, next := map[string]bool{}, ""
		for {
			var page map[string]json.RawMessage
			root.ask(200, "GET", path+"limit=3&after="+next, "", &page)
			var things []json.RawMessage
			if err := json.Unmarshal(page[member], &things); err != nil {
				t.Fatal(err)
			}
			for _, one := range things {
				if !strings.Contains(string(one), "appointed") { // the first administrator, by the start
					seen[string(one)] = true
				}
			}
			next = ""
			if page["next"] != nil && len(things) > 0 {
				if err := json.Unmarshal(page["next"], &next); err != nil {
					t.Fatal(err)
				}
			}
			if next == "" {
				break
			}
		}
		if len(seen) != 7 {
			t.Errorf("%s: saw %d, want 7", path, len(seen))
		}
	}
	var own struct{ Uploads []struct{ State string } }
	jane.ask(200, "GET", "/uploads?state=active", "", &own)
	if len(own.Uploads) != 7 || own.Uploads[0].State != "active" {
		t.Errorf("got %+v, want seven", own)
	}
	jane.ask(403, "GET", "/uploads?owner="+guid("john"), "", nil)
	jane.ask(400, "GET", "/uploads?state=odd", "", nil)
}

// An administrator's day, as docs/people.md tells it.
func TestAnAdministratorsDay(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	root, jane := call(t, s, "root", 1), call(t, s, "jane")
	s.As("jane").Create("1.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	s.As("jane").Create("2.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	var list struct {
		Photos []struct {
			Version, State, Until string
			Current               bool
			URLs                  map[string]string
		}
	}
	jane.ask(200, "GET", "/users/"+guid("jane")+"/photos", "", &list)
	if len(list.Photos) != 2 || !list.Photos[0].Current || list.Photos[1].Until == "" || list.Photos[1].URLs["256"] == "" {
		t.Fatalf("got %+v, want the present photo and the one before", list)
	}
	first := list.Photos[1].Version
	call(t, s, "john").ask(403, "POST", "/photos/"+first+"/restore", "", nil)
	jane.ask(202, "POST", "/photos/"+first+"/restore", "", nil)
	s.As("jane").WantReady("jane")
	jane.ask(202, "POST", "/photos/"+first+"/recrop", `{"x":0,"y":0,"size":16}`, nil)
	s.As("jane").WantReady("jane")
	jane.ask(400, "POST", "/photos/"+first+"/recrop", `{"x":0,"y":0,"size":100000}`, nil)

	root.ask(200, "PUT", "/users/"+guid("jay"), `{"name":"J"}`, nil)
	root.ask(409, "POST", "/users/"+guid("jane")+"/merge", `{"into":"`+guid("jane")+`"}`, nil)
	root.ask(404, "POST", "/users/"+guid("jane")+"/merge", `{"into":"`+guid("nobody")+`"}`, nil)
	root.ask(400, "POST", "/users/"+guid("jane")+"/merge", `{}`, nil)
	var u user
	root.ask(200, "POST", "/users/"+guid("jane")+"/merge", `{"into":"`+guid("jay")+`"}`, &u)
	if u.GUID != guid("jay") {
		t.Errorf("the survivor is %+v", u)
	}
	jane.ask(200, "GET", "/users/"+guid("jane"), "", &u) // by her old token and name
	if u.GUID != guid("jay") {
		t.Errorf("she is %+v, want the survivor", u)
	}
	jane.ask(200, "GET", "/users/"+guid("jay")+"/photos", "", &list)
	if len(list.Photos) != 4 {
		t.Errorf("the survivor has %d photos, want 4", len(list.Photos))
	}
	root.ask(200, "POST", "/users/"+guid("jane")+"/disable", "", &u)
	if u.Disabled == "" {
		t.Error("nobody is shut out")
	}
	jane.ask(403, "GET", "/users/"+guid("jane"), "", nil)
	call(t, s, "jay").ask(403, "GET", "/uploads", "", nil)
	root.ask(200, "POST", "/users/"+guid("jay")+"/enable", "", nil)
	jane.ask(200, "GET", "/uploads", "", nil)

	var log struct {
		Entries []struct{ Action, Actor, Person, Address string }
	}
	root.ask(200, "GET", "/audit", "", &log)
	var said []string
	for _, e := range log.Entries {
		said = append(said, e.Action)
		if e.Address != "127.0.0.1" && e.Action != "appointed" { // the first administrator is, by the start
			t.Errorf("%s from %q", e.Action, e.Address)
		}
	}
	const want = "appointed associated replaced restored cropped renamed merged disabled enabled"
	if got := strings.Join(said, " "); got != want {
		t.Errorf("the audit log says %q, want %q", got, want)
	}
}

// A closed directory is closed at every entrance, and opened by administrators.
func TestAClosedDirectory(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.Directory = "closed" }))
	s := servertest.Tell(t, i)
	if err := i.Node().Directory.Ensure(t.Context(), 1, servertest.Person("root")); err != nil {
		t.Fatal(err)
	}
	root, jane := call(t, s, "root", 1), call(t, s, "jane")
	for _, path := range []string{"/users/" + guid("jane"), "/uploads", "/users/" + guid("jane") + "/photos", "/users/" + guid("jane") + "/photo?default=404"} {
		jane.ask(404, "GET", path, "", nil)
	}
	s.As("jane").Create("me.png", 100).WantRefused(404)
	s.AsAdministrator("root").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantRefused(404)
	root.ask(404, "PUT", "/users/"+guid("jane")+"/identities/email/jane@example.org", "", nil)
	root.ask(404, "POST", "/users/"+guid("jane")+"/disable", "", nil)
	root.ask(200, "PUT", "/users/"+guid("jane"), `{"name":"Jane"}`, nil)
	jane.ask(200, "GET", "/users/"+guid("jane"), "", nil)
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
}
