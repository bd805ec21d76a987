package servertest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	importing "cameo/association/fetch" // fetch is a function of the benchmarks
	"cameo/server/boot"
	"cameo/server/servertest"
)

// gigyaPage is a page of another origin, written for Gigya's SDK. It says what it was answered.
const gigyaPage = `<!doctype html><script>
const said = [];
const ask = (what, params) => new Promise((callback) => {
  const [namespace, method] = what.split(".");
  gigya[namespace][method]({ ...params, callback });
}).then((answer) => { said.push(what + " " + answer.errorCode); return answer; });
const size = (address) => new Promise((done) => {
  const img = new Image();
  img.onload = () => done(img.naturalWidth + "x" + img.naturalHeight);
  img.onerror = () => done("no picture at " + address);
  img.src = address;
});
async function run() {
  const photoBytes = btoa(String.fromCharCode(...new Uint8Array(await (await fetch("/me.png")).arrayBuffer())));
  const refused = await ask("accounts.setProfilePhoto", { photoBytes });
  said.push([refused.operation, refused.status, refused.statusMessage, refused.context].map(String).join(", "));
  const begun = await ask("accounts.initRegistration");
  await ask("accounts.register", {
    regToken: begun.regToken, email: "jane@page.example", password: "correct horse", finalizeRegistration: true,
  });
  const set = await ask("accounts.setProfilePhoto", { photoBytes, publish: false, context: { n: 5 } });
  said.push([set.operation, set.status, set.context.n].join(", "));
  const before = await ask("accounts.getAccountInfo");
  said.push("before " + before.profile.photoURL);
  await ask("accounts.publishProfilePhoto", { thumbnail: "50,40" });
  const after = await ask("accounts.getAccountInfo");
  said.push("photo " + await size(after.profile.photoURL), "thumbnail " + await size(after.profile.thumbnailURL));
  await ask("socialize.setUserInfo", { userInfo: { firstName: "Jane" } });
  const user = await ask("socialize.getUserInfo");
  said.push("firstName " + user.firstName, "email " + user.email);
  await ask("accounts.importProfilePhoto", { URL: location.origin + "/me.png", publish: true });
  await ask("accounts.removeProfilePhoto");
  const removed = await ask("accounts.getAccountInfo");
  said.push("removed " + removed.profile.photoURL);
}
window.onGigyaServiceReady = () => run().catch((err) => said.push("failed " + err.stack))
  .then(() => fetch("/said", { method: "POST", body: said.join("\n") }));
</script><script src=%q></script>`

// gigyaSaid is what the page is answered.
const gigyaSaid = `accounts.setProfilePhoto 403012
/accounts.setProfilePhoto, FAIL, No valid session, null
accounts.initRegistration 0
accounts.register 0
accounts.setProfilePhoto 0
/accounts.setProfilePhoto, OK, 5
accounts.getAccountInfo 0
before undefined
accounts.publishProfilePhoto 0
accounts.getAccountInfo 0
photo 64x64
thumbnail 50x40
socialize.setUserInfo 0
socialize.getUserInfo 0
firstName Jane
email jane@page.example
accounts.importProfilePhoto 0
accounts.removeProfilePhoto 0
accounts.getAccountInfo 0
removed undefined`

// Our gigya.js, in a browser, from a page of another origin that is one of the site's. From one that is not, no answer
// can be read.
func TestGigyaScript(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	ours, theirs := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	origin := "http://" + ours.Listener.Addr().String()
	var allowed importing.Exception
	if err := allowed.UnmarshalText([]byte(ours.Listener.Addr().String())); err != nil {
		t.Fatal(err)
	}
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.ImportAllow = []importing.Exception{allowed} }))
	var site gigyaSite
	manage(t, i, func(p *boot.People, to io.Writer) error {
		return p.AddSite(t.Context(), boot.NewSite{Origins: []boot.Origin{boot.Origin(origin)}, Register: true}, to)
	}, &site)
	heard := make(chan string, 2)
	shows := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/me.png":
			_, _ = w.Write(servertest.Picture("me.png", 5000))
		case "/said":
			b, _ := io.ReadAll(r.Body)
			heard <- string(b)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, gigyaPage, i.URL+"/js/gigya.js?apikey="+site.APIKey)
		}
	})
	for _, c := range []struct {
		name, want string
		page       *httptest.Server
	}{
		{"a page of the site", gigyaSaid, ours},
		{"a stranger's page", "accounts.setProfilePhoto 500026", theirs},
	} {
		c.page.Config.Handler = shows
		c.page.Start()
		t.Cleanup(c.page.Close)
		if said := hear(t, browser, c.page.URL, heard); !strings.HasPrefix(said+"\n", c.want+"\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, said, c.want)
		}
	}
}
