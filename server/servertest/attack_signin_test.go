package servertest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"cameo/association/directory"
	"cameo/server/boot"
	"cameo/server/servertest"
)

// oldStatus is where Igloo's old answers, which are all 200, say what they are.
var oldStatus = regexp.MustCompile(`<statusCode>(\d+)</statusCode>`)

// A16: a thousand passwords are tried at once. No more are looked at than one after the other would be, but for those
// that are being looked at when the last one fails.
func TestA16PasswordsAreTriedAtOnce(t *testing.T) {
	t.Parallel()
	const guesses, failures, most = 1000, 5, 5 + 2*4
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.RateMisses = policy(20 * failures) }))
	user := directory.User{Community: 1, GUID: servertest.Person("jane"), Name: "jane", Password: "correct horse"}
	if err := i.Node().Directory.AddUser(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	stranger := callInstance(t, i)
	stranger.token = ""
	json := http.Header{"Content-Type": {"application/json"}}
	var looked, refused atomic.Int64
	var all sync.WaitGroup
	for n := range guesses {
		all.Go(func() {
			body := fmt.Sprintf(`{"community":1,"name":"jane","password":"guess %d"}`, n)
			switch got := stranger.ask(http.MethodPost, "/v1/session", json, []byte(body)); got.status {
			case http.StatusUnauthorized:
				looked.Add(1)
			case http.StatusTooManyRequests:
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if looked.Load() == 0 || looked.Load() > most || looked.Load()+refused.Load() != guesses {
		t.Errorf("got %d passwords looked at and %d refused, want %d at most, and all others",
			looked.Load(), refused.Load(), most)
	}
}

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
