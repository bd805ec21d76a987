package servertest_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"cameo/association"
	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// attacks is the script of a page that has a browser send what a page can send, with the cookies of whoever looks at it. It
// shows what it could read of the answers.
const attacks = `<!doctype html><pre id=out></pre>
<iframe name=sink></iframe>
<script>
const at = %[1]q, said = [];
const entries = at + '/.api2/api/v1/communities/1/attachments';
const entry = '{"ContentLength":10,"ContentType":"image/png","Name":"forged.png"}';
function form(action, fields, type) {
  const f = document.createElement('form');
  f.method = 'POST'; f.action = action; f.target = 'sink'; f.enctype = type || 'application/x-www-form-urlencoded';
  for (const [name, value] of Object.entries(fields)) {
    const i = document.createElement('input'); i.name = name; i.value = value; f.append(i);
  }
  document.body.append(f); f.submit();
}
async function read(name, path, how) {
  try {
    const got = await fetch(at + path, how);
    said.push(name + ' ' + got.type + ' ' + got.status);
    if (got.type === 'cors') said.push((await got.text()).slice(0, 9));
  } catch (e) { said.push(name + ' blocked'); }
}
async function attack() {
  await read('text', '/.api2/api/v1/communities/1/attachments',
    {method: 'POST', mode: 'no-cors', credentials: 'include', body: entry, headers: {'Content-Type': 'text/plain'}});
  await read('json', '/.api2/api/v1/communities/1/attachments',
    {method: 'POST', credentials: 'include', body: entry, headers: {'Content-Type': 'application/json'}});
  await read('whoami', '/v1/session', {credentials: 'include'});
  await read('signout', '/v1/session', {method: 'DELETE', credentials: 'include'});
  await read('picture', '/v1/communities/1/users/%[2]s/photo', {credentials: 'omit'});
  await read('picture with cookies', '/v1/communities/1/users/%[2]s/photo', {credentials: 'include'});
  form(entries, {ContentLength: '10', ContentType: 'image/png', Name: 'forged.png'});
  await new Promise(done => setTimeout(done, 300));
  form(entries, {['{"ContentLength":10,"ContentType":"image/png","Name":"forged.png","x":"']: '"}'}, 'text/plain');
  await new Promise(done => setTimeout(done, 300));
}
attack().then(() => { out.textContent = said.join('\n') + '\nend'; });
</script>`

// sandboxed is the same in a frame whose origin is null.
const sandboxed = `<iframe sandbox="allow-scripts allow-forms" srcdoc="%s"></iframe>`

// friendly is the script of an allowed page, which asks for the session's token first.
const friendly = `<!doctype html><pre id=out></pre><script>
const at = %[1]q;
(async () => {
  const who = await (await fetch(at + '/v1/session', {credentials: 'include'})).json();
  const got = await fetch(at + '/.api2/api/v1/communities/1/attachments', {
    method: 'POST', credentials: 'include', body: '{"ContentLength":10,"ContentType":"image/png","Name":"mine.png"}',
    headers: {'Content-Type': 'application/json', 'X-CSRF-Token': who.csrfToken},
  });
  out.textContent = 'created ' + got.status + ' ' + got.headers.get('Location');
})();
</script>`

// A19: no page of another site does anything in the name of whoever looks at it, not even one on another port of the same
// host, to which browsers send the cookie too.
func TestA19PagesOfOtherSites(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	var page, key atomic.Pointer[string]
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begin" { // cookies know no ports
			http.SetCookie(w, &http.Cookie{Name: "iglooauth", Value: *key.Load(), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusSeeOther)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, *page.Load())
	}))
	t.Cleanup(site.Close)
	sameHost := site.URL
	otherHost := strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.CORSOrigin = []boot.Origin{"http://127.0.0.1:1"} }))
	jane := servertest.Person("jane")
	session, _, err := i.Node().Photos.Open(t.Context(), association.Actor{GUID: jane, Communities: []storage.Community{1}}, association.ViaPassword, "", "")
	if err != nil {
		t.Fatal(err)
	}
	key.Store(&session)
	hostile := fmt.Sprintf(attacks, i.URL, jane)
	for _, c := range []struct {
		name, origin, page string
		refusal            string // 401: the browser kept the cookie to itself
		least              int
	}{
		{"another port of the host", sameHost, hostile, "method=POST .* status=403", 3},
		{"another host", otherHost, hostile, "method=POST .* status=401", 3},
		{"a frame without an origin", sameHost, fmt.Sprintf(sandboxed, html.EscapeString(hostile)), "method=POST .* status=401", 1},
	} {
		refused := regexp.MustCompile(c.refusal)
		before := len(refused.FindAllString(i.Log(), -1))
		page.Store(&c.page)
		seen := visit(t, browser, sameHost+"/begin?to="+c.origin+"/page")
		if c.page == hostile {
			for _, want := range []string{
				"text opaque 0", "json blocked", "whoami blocked", "signout blocked", "picture cors 200", "picture with cookies blocked", "end",
			} {
				if !strings.Contains(seen, want) {
					t.Errorf("%s: got %s, want %q", c.name, seen, want)
				}
			}
		}
		if strings.Contains(i.Log(), "status=201") {
			t.Fatalf("%s: something was created", c.name)
		}
		if arrived := len(refused.FindAllString(i.Log(), -1)) - before; arrived < c.least {
			t.Errorf("%s: %d forged requests were refused, want %d at least: did they arrive?", c.name, arrived, c.least)
		}
	}
	i.Stop()
	friend := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.CORSOrigin = []boot.Origin{boot.Origin(sameHost)} }))
	if session, _, err = friend.Node().Photos.Open(context.WithoutCancel(t.Context()),
		association.Actor{GUID: jane, Communities: []storage.Community{1}}, association.ViaPassword, "", ""); err != nil {
		t.Fatal(err)
	}
	allowed := fmt.Sprintf(friendly, friend.URL)
	key.Store(&session)
	page.Store(&allowed)
	seen := visit(t, browser, sameHost+"/begin?to="+sameHost+"/page")
	if !regexp.MustCompile(`created 201 /\.api2/\S+/uploads/\w{10}`).MatchString(seen) {
		t.Errorf("an allowed page: got %s, want an entry", seen)
	}
}
