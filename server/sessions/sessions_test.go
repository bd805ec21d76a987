package sessions_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/association/directory"
	"cameo/server/auth"
	"cameo/server/boot"
	"cameo/storage"
)

func TestASessionFromBeginToEnd(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	s := h.begin(t, "User-Agent: Browser\xff"+strings.Repeat("é", 200))
	if s.GUID != string(jane) || !slices.Equal(s.Communities, []int{1}) || len(s.Admin) != 0 || s.CSRFToken == "" || s.ID == "" {
		t.Errorf("got %+v, want jane of community 1", s.identity)
	}
	who := want[identity](t, h.ask(t, "GET", "/v1/session", "", s.cookie), http.StatusOK)
	if who.ID != s.ID || who.CSRFToken != s.CSRFToken || !who.Expires.Equal(s.Expires) {
		t.Errorf("who am I: got %+v, want %+v", who, s.identity)
	}
	other, johns := h.begin(t), begun(t, h.ask(t, "POST", "/v1/session", `{"community":"1","name":"JOHN","password":"correct horse"}`))
	type list struct{ Sessions []map[string]any }
	all := want[list](t, h.ask(t, "GET", "/v1/sessions", "", s.cookie), http.StatusOK).Sessions
	if len(all) != 2 || all[0]["id"] != other.ID || all[1]["id"] != s.ID || all[1]["current"] != true || all[0]["current"] != false ||
		all[1]["via"] != "password" || all[1]["address"] != "127.0.0.1" || !strings.HasPrefix(all[1]["agent"].(string), "Browser?é") {
		t.Errorf("got %v, want both of jane's sessions", all)
	}
	if got := h.ask(t, "DELETE", "/v1/sessions/"+johns.ID, "", s.cookie); got.StatusCode != http.StatusNotFound {
		t.Errorf("ending another person's session: got %s, want 404", got.Status)
	}
	want[any](t, h.ask(t, "GET", "/v1/session", "", johns.cookie), http.StatusOK)
	want[any](t, h.ask(t, "DELETE", "/v1/sessions", "", s.cookie), http.StatusNoContent)
	want[any](t, h.ask(t, "GET", "/v1/session", "", other.cookie), http.StatusUnauthorized)
	third := h.begin(t)
	want[any](t, h.ask(t, "DELETE", "/v1/sessions/"+third.ID, "", s.cookie), http.StatusNoContent)
	want[any](t, h.ask(t, "GET", "/v1/session", "", third.cookie), http.StatusUnauthorized)
	out := h.ask(t, "DELETE", "/v1/session", "", s.cookie)
	want[any](t, out, http.StatusNoContent)
	if cookies := out.Cookies(); len(cookies) != 1 || cookies[0].Value != "" || cookies[0].MaxAge >= 0 {
		t.Errorf("signing out: got the cookies %v, want none left", out.Header["Set-Cookie"])
	}
	for _, c := range [][2]string{{"GET", "/v1/session"}, {"GET", "/v1/sessions"}, {"DELETE", "/v1/session"}, {"DELETE", "/v1/sessions"}} {
		want[any](t, h.ask(t, c[0], c[1], "", s.cookie), http.StatusUnauthorized)
		want[any](t, h.ask(t, c[0], c[1], ""), http.StatusUnauthorized)
	}
}

// A session that was begun with a token is over when the token is, and cannot be used to begin a longer one.
func TestASessionOutlivesNoToken(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	token, err := h.Node().Keys.Token(auth.Claims{Subject: jane, Communities: []storage.Community{1}, For: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	s := begun(t, h.ask(t, "POST", "/v1/session", "", "Authorization: Bearer "+token))
	if latest := h.Clock.Now().Add(12 * time.Minute).Time(); s.Expires.After(latest) {
		t.Errorf("it expires at %v, want %v at the latest", s.Expires, latest)
	}
	want[any](t, h.ask(t, "POST", "/v1/session", "", s.cookie), http.StatusConflict)
	key := strings.TrimPrefix(s.cookie, "Cookie: iglooauth=")
	want[any](t, h.ask(t, "POST", "/v1/session", "", "Authorization: Bearer "+key), http.StatusConflict)
	want[any](t, h.ask(t, "GET", "/v1/session", "", "X-Igloo-Auth: "+key), http.StatusOK)
	h.Clock.Advance(12 * time.Minute)
	want[any](t, h.ask(t, "GET", "/v1/session", "", s.cookie), http.StatusUnauthorized)
	want[any](t, h.ask(t, "POST", "/v1/session", "", "Authorization: Bearer "+token), http.StatusUnauthorized)
}

func TestSessionsEndByTimeAndByNumber(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *boot.Config) {
		c.SessionLife, c.SessionIdle = boot.Duration(time.Hour), boot.Duration(10*time.Minute)
	})
	idle, busy := h.begin(t), h.begin(t)
	for range 7 {
		h.Clock.Advance(9 * time.Minute)
		if got := h.ask(t, "GET", "/v1/session", "", busy.cookie); got.StatusCode != http.StatusOK && h.Clock.Now().Time().Before(busy.Expires) {
			t.Errorf("one that is used: got %s", got.Status)
		}
	}
	want[any](t, h.ask(t, "GET", "/v1/session", "", busy.cookie), http.StatusUnauthorized)
	want[any](t, h.ask(t, "GET", "/v1/session", "", idle.cookie), http.StatusUnauthorized)
	first := begun(t, h.ask(t, "POST", "/v1/session", "", h.token(john)))
	var last session
	for range 100 {
		h.Clock.Advance(time.Millisecond)
		last = begun(t, h.ask(t, "POST", "/v1/session", "", h.token(john)))
	}
	want[any](t, h.ask(t, "GET", "/v1/session", "", first.cookie), http.StatusUnauthorized)
	all := want[struct{ Sessions []any }](t, h.ask(t, "GET", "/v1/sessions", "", last.cookie), http.StatusOK).Sessions
	if len(all) != 100 {
		t.Errorf("got %d sessions, want the youngest 100", len(all))
	}
}

// What the directory says counts at once: no session keeps rights that it gave.
func TestASessionKeepsNoRights(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	admin := func(yes bool) {
		u := directory.User{Community: 1, GUID: jane, Name: "jane", Password: password, Admin: yes}
		if err := h.Node().Directory.AddUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	admin(true)
	for _, s := range []session{h.begin(t), begun(t, h.ask(t, "POST", "/v1/session", "", h.token(jane)))} {
		admin(true)
		if who := want[identity](t, h.ask(t, "GET", "/v1/session", "", s.cookie), http.StatusOK); !slices.Equal(who.Admin, []int{1}) {
			t.Errorf("got %+v, want an administrator", who)
		}
		admin(false)
		if who := want[identity](t, h.ask(t, "GET", "/v1/session", "", s.cookie), http.StatusOK); len(who.Admin) != 0 {
			t.Errorf("got %+v, want no administrator any more", who)
		}
	}
}

func TestWhatIsNoSignIn(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	if err := h.Node().Directory.AddCommunity(t.Context(), 2, "Other"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, body string
		head       string
		want       int
	}{
		{"nobody", "", "X: x", http.StatusUnauthorized},
		{"a wrong password", `{"community":1,"name":"jane","password":"wrong"}`, "X: x", http.StatusUnauthorized},
		{"another community", `{"community":2,"name":"jane","password":"correct horse"}`, "X: x", http.StatusUnauthorized},
		{"no community of that name", `{"community":"x","name":"jane","password":"correct horse"}`, "X: x", http.StatusUnauthorized},
		{"no word about the community", signIn, "X: x", http.StatusBadRequest},
		{"no password", `{"community":1,"name":"jane"}`, "X: x", http.StatusBadRequest},
		{"another field", `{"community":1,"name":"jane","password":"correct horse","admin":true}`, "X: x", http.StatusBadRequest},
		{"two values", `{"community":1,"name":"jane","password":"correct horse"}{}`, "X: x", http.StatusBadRequest},
		{"a form", "name=jane&password=correct+horse", "Content-Type: application/x-www-form-urlencoded", http.StatusUnsupportedMediaType},
		{"JSON by another name", signIn, "Content-Type: text/plain", http.StatusUnsupportedMediaType},
		{"a page of another site", `{"community":1,"name":"jane","password":"correct horse"}`, "Origin: https://evil.example", http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := h.ask(t, "POST", "/v1/session", c.body, c.head)
			if got.StatusCode != c.want || got.Header.Get("Set-Cookie") != "" {
				t.Errorf("got %s %s with cookie %q, want %d and none", got.Status, got.text, got.Header.Get("Set-Cookie"), c.want)
			}
		})
	}
}
