package page_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/directory"
	"cameo/server/auth/authtest"
	"cameo/server/boot"
	"cameo/server/page"
	"cameo/server/servertest"
	"cameo/storage/fault"
)

const jane = association.GUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")

// browser keeps cookies, follows no redirect, and says of what page a form is.
type browser struct {
	*http.Client
	i *servertest.Instance
}

func open(t *testing.T, change func(*boot.Config)) browser {
	t.Helper()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		if change != nil {
			change(c)
		}
	}))
	u := directory.User{Community: 1, GUID: jane, Name: "Jane <b>", Password: "correct horse"}
	if err := i.Node().Directory.AddUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return another(t, i)
}

// another is a browser without cookies.
func another(t *testing.T, i *servertest.Instance) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{&http.Client{
		Transport: i.HTTP.Transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, i}
}

func (b browser) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	got, err := b.Get(b.i.URL + path)
	return read(t, got, err)
}

func (b browser) send(t *testing.T, path, origin string, fields url.Values) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.i.URL+path, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", origin)
	got, err := b.Do(r)
	return read(t, got, err)
}

func read(t *testing.T, got *http.Response, err error) (*http.Response, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got, string(text)
}

// wants is an error unless the answer has that status and place to go on to, and all the words.
func wants(t *testing.T, got *http.Response, text string, status int, location string, words ...string) {
	t.Helper()
	if got.StatusCode != status || got.Header.Get("Location") != location {
		t.Errorf("%s %s: got %s to %q, want %d to %q: %s", got.Request.Method, got.Request.URL.Path, got.Status,
			got.Header.Get("Location"), status, location, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s %s: %q is not on the page: %s", got.Request.Method, got.Request.URL.Path, w, text)
		}
	}
	if policy := got.Header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("Content-Security-Policy: got %q", policy)
	}
}

func TestSigningInAndOut(t *testing.T) {
	t.Parallel()
	b := open(t, nil)
	got, text := b.get(t, "/")
	wants(t, got, text, 200, "", `href="/signin"`)
	got, text = b.get(t, "/signin?next=/docs")
	wants(t, got, text, 200, "", `name="next" value="/docs"`, `autocomplete="current-password"`)
	if got.Header.Get("Referrer-Policy") != "same-origin" || strings.Contains(text, "/signin/start") || strings.Contains(text, `name="community"`) {
		t.Errorf("got %v %s, want a form that says whose it is, no issuer, and no question after the one community", got.Header, text)
	}
	right := url.Values{"name": {"JANE <b>"}, "password": {"correct horse"}, "next": {"/docs"}}
	wrong := url.Values{"name": {`"><script>`}, "password": {"x"}, "next": {"/docs"}}
	got, text = b.send(t, "/signin", b.i.URL, wrong)
	wants(t, got, text, 401, "", "The name or the password is wrong.", `value="&#34;&gt;&lt;script&gt;"`, `value="/docs"`)
	for _, other := range []string{"https://evil.example", "null"} {
		got, text = b.send(t, "/signin", other, right)
		wants(t, got, text, 403, "", "A page of another site may not do this.")
	}
	got, text = b.send(t, "/signin", b.i.URL, right)
	wants(t, got, text, 303, "/docs")
	got, text = b.get(t, "/")
	wants(t, got, text, 200, "", "Jane &lt;b&gt;", `action="/signout"`)
	if got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control: got %q, want no-store", got.Header.Get("Cache-Control"))
	}
	token := regexp.MustCompile(`name="csrf" value="([\w-]+)"`).FindStringSubmatch(text)
	if token == nil {
		t.Fatalf("no token in the form: %s", text)
	}
	for _, forged := range []url.Values{nil, {"csrf": {"x"}}} {
		got, text = b.send(t, "/signout", b.i.URL, forged)
		wants(t, got, text, 403, "")
	}
	if _, text = b.get(t, "/"); !strings.Contains(text, `action="/signout"`) {
		t.Error("a forged form has signed the person out")
	}
	got, text = b.send(t, "/signout", b.i.URL, url.Values{"csrf": token[1:2]})
	wants(t, got, text, 303, "/")
	got, text = b.get(t, "/")
	wants(t, got, text, 200, "", `href="/signin"`)
	got, text = b.send(t, "/signout", b.i.URL, url.Values{"csrf": token[1:2]})
	wants(t, got, text, 303, "/")
	if err := b.i.Node().Directory.AddCommunity(t.Context(), 2, "Other"); err != nil {
		t.Fatal(err)
	}
	got, text = b.get(t, "/signin")
	wants(t, got, text, 200, "", `name="community"`, `aria-describedby="which" autofocus`)
	got, text = b.send(t, "/signin", b.i.URL, right)
	wants(t, got, text, 401, "")
	right.Set("community", "1")
	got, text = b.send(t, "/signin", b.i.URL, right)
	wants(t, got, text, 303, "/docs")
}

// Whoever has signed in goes to a page of ours, whatever the address says.
func TestNextIsAPageOfOurs(t *testing.T) {
	t.Parallel()
	b := open(t, nil)
	for next, want := range map[string]string{
		"": "/", "/": "/", "/docs?x=1#y": "/docs?x=1#y", "https://evil.example/": "/", "//evil.example/": "/", `/\evil.example`: "/",
		`\\evil.example`: "/", "/\t/evil.example": "/", "/\n/evil.example": "/", "javascript:alert(1)": "/", "docs": "/",
		"///evil.example": "/", "/%zz": "/", "http:/evil.example": "/",
	} {
		got, text := b.send(t, "/signin", b.i.URL, url.Values{"name": {"jane <b>"}, "password": {"correct horse"}, "next": {next}})
		wants(t, got, text, 303, want)
	}
}

// Of many who follow one link, one is signed in. An instance of this machine alone prints one for its first administrator.
func TestALinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	b := open(t, nil)
	printed := regexp.MustCompile(`http://\S+(/signin/link\?token=(\w{32}))\n`).FindStringSubmatch(b.i.Log())
	if printed == nil {
		t.Fatalf("no link is printed: %s", b.i.Log())
	}
	token := url.Values{"token": {printed[2]}}
	for range 2 { // to look at it does nothing
		got, text := another(t, b.i).get(t, printed[1])
		wants(t, got, text, 200, "", printed[2])
		if got.Header.Get("Set-Cookie") != "" || got.Header.Get("Referrer-Policy") != "strict-origin" {
			t.Errorf("got %v, want nobody signed in, and the link told to nobody", got.Header)
		}
	}
	for _, origin := range []string{"http://evil.example", "null", strings.Replace(b.i.URL, "http:", "https:", 1)} {
		got, text := b.send(t, "/signin/link", origin, token)
		wants(t, got, text, 403, "")
	}
	var in, late atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		guest := another(t, b.i)
		all.Go(func() {
			got, _ := guest.send(t, "/signin/link", b.i.URL, token)
			switch got.StatusCode {
			case http.StatusSeeOther:
				in.Add(1)
			case http.StatusGone:
				late.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 || late.Load() != 19 {
		t.Errorf("got %d signed in and %d too late, want 1 and 19", in.Load(), late.Load())
	}
	got, text := b.send(t, "/signin/link", b.i.URL, token)
	wants(t, got, text, 410, "", "This link has been used already, or it is too old.")
	if got.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(text, printed[2]) {
		t.Errorf("got %v %s, want the link told to nobody", got.Header, text)
	}
	if _, after, _ := strings.Cut(b.i.Log(), "\n"+"sign in"); strings.Count(after, printed[2]) != 1 {
		t.Errorf("the log of requests holds the link: %s", b.i.Log())
	}
	log, err := b.i.Node().Photos.AuditLog(t.Context(), association.Operator(1), 1, 0, 0, 10)
	if err != nil || len(log) != 2 || log[0].Action != association.Appointed || log[0].Actor != "cli" ||
		log[1].Action != association.SignedIn || log[1].Person != log[0].Person || log[1].Actor != log[0].Person ||
		log[1].Address != "127.0.0.1" {
		t.Errorf("got %+v, %v, want the administrator appointed and signed in", log, err)
	}
	secret, err := b.i.Node().Photos.NewLink(t.Context(), 1, jane)
	if err != nil {
		t.Fatal(err)
	}
	b.i.Clock.Advance(time.Hour + time.Second)
	got, text = b.send(t, "/signin/link", b.i.URL, url.Values{"token": {secret}})
	wants(t, got, text, 410, "")
	before := strings.Count(b.i.Log(), "/signin/link?token=")
	b.i.Restart()
	if strings.Count(b.i.Log(), "/signin/link?token=") != before {
		t.Error("a later start prints a link too: want it at the first alone")
	}
	got, text = b.get(t, "/signin/start")
	wants(t, got, text, 404, "")
}

// The issuer's answer counts in the browser alone that asked for it, and once.
func TestSigningInAtTheIssuer(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(authtest.ClientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	issuer.SignIn(map[string]any{"sub": string(jane), "communities": []int{1}})
	b := open(t, func(c *boot.Config) {
		c.OIDCClientSecretFile = secret
		c.JWTIssuer, c.JWTAudience, c.OIDCClientID = issuer.URL, authtest.Audience, authtest.ClientID
		c.OIDCScopes = []string{"openid"}
	})
	if strings.Contains(b.i.Log(), "/signin/link") {
		t.Error("an administrator was made where an issuer says who administers")
	}
	got, text := b.get(t, "/signin?next=/docs")
	wants(t, got, text, 200, "", `href="/signin/start?next=%2fdocs"`)
	begin := func(b browser) string {
		got, text := b.get(t, "/signin/start?next=/docs")
		if got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), issuer.URL) {
			t.Fatalf("got %s to %q %s, want the issuer", got.Status, got.Header.Get("Location"), text)
		}
		for _, c := range got.Cookies() {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || strings.Contains(c.Value, "state") {
				t.Errorf("got the cookie %v", c)
			}
		}
		return issuer.Visit(got.Header.Get("Location")).RequestURI()
	}
	answer := begin(b)
	stranger := another(t, b.i)
	got, text = stranger.get(t, answer)
	wants(t, got, text, 401, "", "begin again")
	begin(stranger)
	got, text = stranger.get(t, answer)
	wants(t, got, text, 401, "", "please begin again", `value="/docs"`)
	got, text = b.get(t, answer)
	wants(t, got, text, 303, "/docs")
	got, text = b.get(t, "/")
	wants(t, got, text, 200, "", `action="/signout"`)
	got, text = b.get(t, answer)
	wants(t, got, text, 401, "")
}

// Every kind of failure has a page of its own words.
func TestEveryFailureIsAPage(t *testing.T) {
	t.Parallel()
	h, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range fault.Kinds() {
		w := httptest.NewRecorder()
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/signin", nil), w)
		if err := h.Fail(c, fault.Wrap(errors.New("/secret/path"), kind, "it is <so>")); err != nil {
			t.Fatal(err)
		}
		if w.Code < 400 || !strings.Contains(w.Body.String(), "It is &lt;so&gt;.") || bytes.Contains(w.Body.Bytes(), []byte("secret")) ||
			strings.Contains(w.Body.String(), "<h1></h1>") {
			t.Errorf("%v: got %d %s", kind, w.Code, w.Body)
		}
	}
}
