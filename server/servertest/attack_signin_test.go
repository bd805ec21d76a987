package servertest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"testing"

	"cameo/association/directory"
	"cameo/server/boot"
	"cameo/server/servertest"
)

// oldStatus is where Igloo's old answers, which are all 200, say what they are.
var oldStatus = regexp.MustCompile(`<statusCode>(\d+)</statusCode>`)

// A16: passwords are tried out, by whichever way there is to sign in. After some failures the right one is refused
// like a wrong one; who is signed in already notices nothing.
func TestA16PasswordsAreTriedOut(t *testing.T) {
	t.Parallel()
	const failures = 5
	json := http.Header{"Content-Type": {"application/json"}}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, signIn := range map[string]func(c *caller, password string) answer{
		"session": func(c *caller, password string) answer {
			return c.ask(http.MethodPost, "/v1/session", json, []byte(`{"community":1,"name":"jane","password":"`+password+`"}`))
		},
		"page": func(c *caller, password string) answer {
			f := url.Values{"community": {"1"}, "name": {"jane"}, "password": {password}}
			return c.ask(http.MethodPost, "/signin", form, []byte(f.Encode()))
		},
		"igloo": func(c *caller, password string) answer {
			f := url.Values{
				"appId": {"6f9619ff-8b86-d011-b42d-00c04fc964ff"}, "community": {"1"}, "username": {"jane"}, "password": {password},
			}
			got := c.ask(http.MethodPost, "/.api/api.svc/session/create", form, []byte(f.Encode()))
			if inside := oldStatus.FindSubmatch(got.body); inside != nil {
				got.status, _ = strconv.Atoi(string(inside[1]))
			}
			return got
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.RateMisses = policy(20 * failures) }))
			user := directory.User{Community: 1, GUID: servertest.Person("jane"), Name: "jane", Password: "correct horse"}
			if err := i.Node().Directory.AddUser(t.Context(), user); err != nil {
				t.Fatal(err)
			}
			jane := callInstance(t, i)
			stranger := *jane
			stranger.token = ""
			for range failures {
				stranger.want("a wrong password", signIn(&stranger, "wrong"), http.StatusUnauthorized)
			}
			wrong := stranger.want("one more", signIn(&stranger, "wrong again"), http.StatusTooManyRequests)
			wantSame(t, "the right one", signIn(&stranger, "correct horse"), wrong)
			jane.finish(jane.create(500), servertest.Picture("me.png", 500))
		})
	}
}
