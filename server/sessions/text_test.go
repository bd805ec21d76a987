package sessions_test

import (
	"encoding/base64"
	"testing"

	"cameo/server/boot"
	"cameo/storage/sqldb/sqltest"
)

// What no database can keep is nobody's name: it is looked for in vain, and no failure of ours.
func TestTextThatNoDatabaseKeeps(t *testing.T) {
	t.Parallel()
	server := sqltest.Shared(t)
	h := open(t, func(c *boot.Config) { c.Database = server.Database(t) })
	s, admin := h.begin(t), "Authorization: Bearer "+h.Token(john, 1)
	const users = "/v1/communities/1/users"
	cursor := func(text string) string { return "?after=" + base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, c := range []struct {
		method, path, body, head string
	}{
		{"DELETE", "/v1/sessions/%00", "", s.cookie},
		{"DELETE", "/v1/sessions/%ff", "", s.cookie},
		{"GET", users + "?q=%00", "", admin},
		{"GET", users + "?q=%ff", "", admin},
		{"GET", users + cursor("\x00"), "", admin},
		{"GET", users + cursor("\xff"), "", admin},
		{"GET", users + "?system=gigya&name=%00", "", admin},
		{"GET", users + "?system=login&name=%ff", "", admin},
		{"GET", "/signin/link?token=%00", "", s.cookie},
		{"GET", "/v1/session", "", "Cookie: iglooauth=%00"},
		{"GET", "/v1/session", "", "X-Igloo-Auth: \xff"},
		{"POST", "/v1/session", `{"community":"\u0000","name":"\u0000","password":"\u0000"}`, "X: x"},
		{"POST", "/v1/session", signIn, "User-Agent: \xff\xfe"},
		{"GET", "/v1/communities/1/uploads?owner=%00", "", admin},
		{"GET", "/v1/communities/1/uploads?state=%00", "", admin},
		{"GET", "/v1/communities/1/uploads" + cursor("1.\x00"), "", admin},
		{"GET", "/v1/communities/1/audit" + cursor("\x00"), "", admin},
		{"PUT", users + "/" + string(jane), `{"name":"\u0000"}`, admin},
		{"POST", users + "/" + string(jane) + "/merge", `{"into":"\u0000"}`, admin},
		{"GET", "/v1/communities/1/photos/%00/64.jpg", "", admin},
		{"POST", "/v1/communities/1/photos/%00/restore", "", admin},
	} {
		if got := h.raw(t, c.method, c.path, c.body, c.head); got.StatusCode >= 500 {
			t.Errorf("%s %s: got %s %s, want no failure of ours", c.method, c.path, got.Status, got.text)
		}
	}
}
