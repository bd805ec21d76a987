package gigya_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cameo/association"
	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage/fault"
)

// Each call that must not be believed, and why.
func TestForgedCallsAreRefused(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	const method = "accounts.setProfilePhoto"
	good := map[string]string{"UID": "jane", "photoBytes": photo("me.png", 5000)}
	now := int64(i.Clock.Now() / 1000)
	for _, c := range []struct {
		name   string
		change func(map[string]string)
		resign bool
		code   int
	}{
		{"none", nil, false, 0},
		{"another UID", func(p map[string]string) { p["UID"] = "john" }, false, 403003},
		{"another photo", func(p map[string]string) { p["photoBytes"] = photo("other.png", 5000) }, false, 403003},
		{"a parameter more", func(p map[string]string) { p["publish"] = "true" }, false, 403003},
		{"no signature", func(p map[string]string) { delete(p, "sig") }, false, 403005},
		{"an empty signature", func(p map[string]string) { p["sig"] = "" }, false, 403003},
		{"half a signature", func(p map[string]string) { p["sig"] = p["sig"][:14] }, false, 403003},
		{"no nonce", func(p map[string]string) { delete(p, "nonce") }, true, 400002},
		{"no time", func(p map[string]string) { delete(p, "timestamp") }, true, 400002},
		{"121 s ago", func(p map[string]string) { p["timestamp"] = fmt.Sprint(now - 121) }, true, 403002},
		{"in 10 minutes", func(p map[string]string) { p["timestamp"] = fmt.Sprint(now + 600) }, true, 403002},
		{"in 120 s", func(p map[string]string) { p["timestamp"] = fmt.Sprint(now + 120) }, true, 0},
		{"110 s ago", func(p map[string]string) { p["timestamp"] = fmt.Sprint(now - 110) }, true, 0},
		{"in milliseconds", func(p map[string]string) { p["timestamp"] = fmt.Sprint(now * 1000) }, true, 0},
		{"a time that is none", func(p map[string]string) { p["timestamp"] = "now" }, true, 400006},
		{"a key that is not there", func(p map[string]string) { p["apiKey"] = "3_nobody" }, true, 400093},
		{"no key", func(p map[string]string) { delete(p, "apiKey") }, true, 400093},
		{"a user's key that is not there", func(p map[string]string) { p["userKey"] = "AK" }, true, 403003},
		{"UID and regToken", func(p map[string]string) { p["regToken"] = "x" }, true, 400006},
		{"no UID", func(p map[string]string) { delete(p, "UID") }, true, 400002},
		{"the secret in the clear", func(p map[string]string) { delete(p, "sig"); p["secret"] = i.secret }, false, 403006},
		{"a token in the clear", func(p map[string]string) { delete(p, "sig"); p["oauth_token"] = "x" }, false, 400001},
		{"a session that is not there", func(p map[string]string) { p["oauth_token"] = "x" }, true, 403003},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := i.in(t)
			p := i.signed(method, good)
			if c.change != nil {
				c.change(p)
			}
			if c.resign {
				p["sig"] = sign(i.secret, http.MethodPost, i.URL+"/"+method, p)
			}
			i.want(i.post(method, p), c.code)
		})
	}
}

// A wrong signature burns no nonce, and a right one burns it for good.
func TestANonceIsGoodOnce(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	p := i.signed("accounts.getAccountInfo", map[string]string{"UID": "jane"})
	forged := maps.Clone(p)
	forged["UID"] = "john"
	i.want(i.post("accounts.getAccountInfo", forged), 403003)
	i.want(i.post("accounts.getAccountInfo", p), 0)
	i.want(i.post("accounts.getAccountInfo", p), 403004)
	i.Clock.Advance(100 * time.Second)
	i.want(i.post("accounts.getAccountInfo", p), 403004)
	i.Clock.Advance(30 * time.Second)
	i.want(i.post("accounts.getAccountInfo", p), 403002)
}

// A signature for one host is none for another, once the service's own URLs are said.
func TestPublicURLsDecideWhatASignatureIsFor(t *testing.T) {
	t.Parallel()
	i := start(t, func(c *boot.Config) {
		c.PublicURL = []boot.WebURL{"https://photos.example", "https://accounts.photos.example"}
	}, boot.NewSite{})
	for base, code := range map[string]int{
		"https://photos.example": 0, "https://accounts.photos.example": 0, "http://photos.example": 403003, i.URL: 403003,
		"https://other.example": 403003,
	} {
		p := i.signed("accounts.getAccountInfo", map[string]string{"UID": "jane"})
		p["sig"] = sign(i.secret, http.MethodPost, base+"/accounts.getAccountInfo", p)
		i.want(i.post("accounts.getAccountInfo", p), code)
	}
}

func (i *instance) userKey(private bool) map[string]string {
	i.t.Helper()
	var made map[string]string
	i.manage(func(p *boot.People, to io.Writer) error { return p.AddSiteKey(i.t.Context(), i.key, private, to) }, &made)
	return made
}

// secured is an instance that speaks https.
func secured(t *testing.T, change func(*boot.Config), site boot.NewSite) *instance {
	t.Helper()
	cert, key, trusted := servertest.SelfSigned(t)
	i := start(t, func(c *boot.Config) {
		c.TLSCert, c.TLSKey = cert, key
		if change != nil {
			change(c)
		}
	}, site)
	i.HTTP.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
	return i
}

func TestSecretsKeysAndTokensOverTLS(t *testing.T) {
	t.Parallel()
	i := secured(t, nil, boot.NewSite{})
	const method = "accounts.getAccountInfo"
	user := i.userKey(false)
	i.want(i.post(method, map[string]string{"apiKey": i.key, "secret": i.secret, "UID": "jane"}), 0)
	i.want(i.post(method, map[string]string{"apiKey": i.key, "secret": "AAAA", "UID": "jane"}), 403010)
	i.want(i.post(method, map[string]string{"apiKey": i.key, "userKey": user["userKey"], "secret": user["secret"], "UID": "jane"}), 0)
	i.want(i.post(method, map[string]string{"apiKey": i.key, "userKey": user["userKey"], "secret": i.secret, "UID": "jane"}), 403010)
	p := i.signed(method, map[string]string{"UID": "jane", "userKey": user["userKey"]})
	i.want(i.post(method, p), 403003) // signed with the site's secret
	p["sig"] = sign(user["secret"], http.MethodPost, i.URL+"/"+method, p)
	i.want(i.post(method, p), 0)

	ask := map[string]string{"grant_type": "none", "client_id": i.key, "client_secret": i.secret, "x_siteUID": "jane", "x_sessionExpiration": "60"}
	token := i.want(i.post("socialize.getToken", ask), 0).text("access_token")
	if got := i.post(method, map[string]string{"oauth_token": token}); got.text("UID") != "jane" {
		t.Errorf("a token for jane: %s", got.body)
	}
	i.want(i.post(method, map[string]string{"oauth_token": token, "UID": "john"}), 403005)
	i.want(i.post("accounts.setPolicies", map[string]string{"oauth_token": token, "profilePhoto": "{}"}), 403007)
	if got := i.want(i.post(method, nil, "Authorization", "OAuth "+token+"x"), 403025); got.StatusCode != http.StatusUnauthorized ||
		got.Header.Get("WWW-Authenticate") != "OAuth" {
		t.Errorf("a bad token in the header: %s %v", got.Status, got.Header)
	}
	i.want(i.post(method, nil, "Authorization", "OAuth "+token), 0)
	i.Clock.Advance(61 * time.Second)
	i.want(i.post(method, map[string]string{"oauth_token": token}), 403025)

	ask = map[string]string{"grant_type": "client_credentials", "client_id": i.key, "client_secret": i.secret}
	token = i.want(i.post("socialize.getToken", ask), 0).text("access_token")
	i.want(i.post(method, map[string]string{"oauth_token": token, "UID": "john"}), 0)
	i.want(i.post(method, map[string]string{"regToken": token, "apiKey": i.key}), 400006) // one use is not another
	ask["grant_type"] = "authorization_code"
	i.want(i.post("socialize.getToken", ask), 400013)
}

// What the old secret has given is worth nothing from the rotation on.
func TestRotation(t *testing.T) {
	t.Parallel()
	i := secured(t, nil, boot.NewSite{})
	const method = "accounts.getAccountInfo"
	ask := map[string]string{"grant_type": "client_credentials", "client_id": i.key, "client_secret": i.secret}
	token := i.want(i.post("socialize.getToken", ask), 0).text("access_token")
	i.want(i.post(method, map[string]string{"oauth_token": token, "UID": "john"}), 0)
	i.manage(func(p *boot.People, to io.Writer) error { return p.RotateSite(t.Context(), i.key, to) }, nil)
	i.want(i.post(method, map[string]string{"oauth_token": token, "UID": "john"}), 403025)
	i.want(i.post(method, map[string]string{"apiKey": i.key, "secret": i.secret, "UID": "jane"}), 403010)
	i.manage(func(p *boot.People, _ io.Writer) error { return p.DisableSite(t.Context(), i.key) }, nil)
	i.want(i.post(method, map[string]string{"apiKey": i.key, "secret": i.secret, "UID": "jane"}), 403036)
}

func TestJWT(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	user := i.userKey(true)
	block, _ := pem.Decode([]byte(user["privateKey"]))
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	now := i.Clock.Now().Time().Unix()
	for _, c := range []struct {
		name   string
		method jwt.SigningMethod
		key    any
		kid    string
		claims jwt.MapClaims
		code   int
	}{
		{"good", jwt.SigningMethodRS256, private, user["userKey"], jwt.MapClaims{"iat": now, "jti": "1"}, 0},
		{"again", jwt.SigningMethodRS256, private, user["userKey"], jwt.MapClaims{"iat": now, "jti": "1"}, 403004},
		{"no jti", jwt.SigningMethodRS256, private, user["userKey"], jwt.MapClaims{"iat": now}, 403025},
		{"no iat", jwt.SigningMethodRS256, private, user["userKey"], jwt.MapClaims{"jti": "2"}, 403025},
		{"old", jwt.SigningMethodRS256, private, user["userKey"], jwt.MapClaims{"iat": now - 130, "jti": "3"}, 403002},
		{"of nobody", jwt.SigningMethodRS256, private, "AK", jwt.MapClaims{"iat": now, "jti": "4"}, 403025},
		{"none", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, user["userKey"], jwt.MapClaims{"iat": now, "jti": "5"}, 403025},
		{"HS256", jwt.SigningMethodHS256, []byte(user["privateKey"]), user["userKey"], jwt.MapClaims{"iat": now, "jti": "6"}, 403025},
		{"RS512", jwt.SigningMethodRS512, private, user["userKey"], jwt.MapClaims{"iat": now, "jti": "7"}, 403025},
	} {
		made := jwt.NewWithClaims(c.method, c.claims)
		made.Header["kid"] = c.kid
		text, err := made.SignedString(c.key)
		if err != nil {
			t.Fatal(err)
		}
		got := i.post("accounts.getAccountInfo", map[string]string{"apiKey": i.key, "UID": "jane"}, "Authorization", "Bearer "+text)
		if got.code() != c.code {
			t.Errorf("%s: got %d, want %d: %s", c.name, got.code(), c.code, got.body)
		}
	}
	for _, head := range []string{"Bearer x.y.z", "Bearer ", "Basic eDp5", "Nothing"} {
		if got := i.post("accounts.getAccountInfo", map[string]string{"apiKey": i.key, "UID": "jane"}, "Authorization", head); got.code() != 400008 && got.code() != 403025 {
			t.Errorf("%s: got %s", head, got.body)
		}
	}
}

// A regToken shows what was sent with it to nobody else, for an hour; a page of another origin is refused.
func TestClientsCallWithoutASignature(t *testing.T) {
	t.Parallel()
	const page = "https://www.example.org"
	i := start(t, nil, boot.NewSite{Origins: []boot.Origin{page}})
	client := func(method string, more ...string) answer {
		p := map[string]string{"apiKey": i.key}
		for n := 0; n+1 < len(more); n += 2 {
			p[more[n]] = more[n+1]
		}
		return i.post(method, p, "Origin", page)
	}
	one := i.want(client("accounts.initRegistration"), 0).text("regToken")
	two := client("accounts.initRegistration").text("regToken")
	i.want(client("accounts.setProfilePhoto", "photoBytes", photo("one.png", 5000)), 403012)
	i.want(client("accounts.setProfilePhoto", "UID", "jane", "photoBytes", photo("one.png", 5000)), 403005)
	i.want(client("accounts.setProfilePhoto", "regToken", one, "photoBytes", photo("one.png", 5000)), 0)
	i.want(client("accounts.getAccountInfo", "regToken", one), 206001)
	get := "/accounts.getProfilePhoto?apiKey=" + i.key + "&regToken="
	if w, _ := pixels(t, i.send(http.MethodGet, get+one, nil)); w != 64 {
		t.Error("the one who sent it does not see it")
	}
	i.want(i.send(http.MethodGet, get+two, nil), 409010)
	i.want(i.send(http.MethodGet, get+one, nil, "Referer", "https://evil.example/x"), 403000)
	if got := i.want(client("accounts.initRegistration"), 0); got.Header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("the site's page may not read: %v", got.Header)
	}
	i.want(i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}, "Origin", "https://evil.example"), 403000)
	i.want(client("accounts.register", "regToken", one, "email", "a@b.example", "password", "secret 1"), 403000)
	i.want(client("accounts.getAccountInfo", "regToken", one+"x"), 400006)
	i.Clock.Advance(time.Hour + time.Second)
	i.want(client("accounts.getAccountInfo", "regToken", one), 403002)
}

// A18: a regToken is good for one hour, one site, one person and one use; with a UID beside it nobody knows who is meant.
func TestA18RegTokens(t *testing.T) {
	t.Parallel()
	i := secured(t, nil, boot.NewSite{Register: true})
	begin := func(i *instance) string {
		return i.want(i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}), 0).text("regToken")
	}
	other := *i
	other.addSite(boot.NewSite{Register: true})
	mine, theirs := begin(i), begin(&other)
	const set = "accounts.setProfilePhoto"
	send := func(regToken string, more map[string]string) answer {
		p := map[string]string{"apiKey": i.key, "regToken": regToken, "photoBytes": photo("me.png", 5000)}
		maps.Copy(p, more)
		return i.post(set, p)
	}
	i.want(send(theirs, nil), 400006)
	i.want(send(mine, map[string]string{"secret": i.secret, "UID": "jane"}), 400006)
	if got := i.want(send(mine, map[string]string{"UID": "jane"}), 0); !strings.Contains(string(got.body), `"paramName":"UID"`) {
		t.Errorf("a page may name a UID: %s", got.body)
	}
	i.want(i.post(set, map[string]string{"oauth_token": mine, "photoBytes": photo("me.png", 5000)}), 403025)
	registration := map[string]string{"apiKey": i.key, "regToken": mine, "email": "jane@b.example", "password": "secret 1", "finalizeRegistration": "true"}
	done := i.want(i.post("accounts.register", registration), 0)
	uid, session := done.text("UID"), done.text("sessionInfo", "sessionToken")
	// The registration is finished: its photo is the session's now.
	i.want(send(mine, map[string]string{"publish": "true"}), 403002)
	i.want(i.post("accounts.register", registration), 403002)
	i.want(i.post("accounts.finalizeRegistration", map[string]string{"apiKey": i.key, "regToken": mine}), 403002)
	i.want(i.post("accounts.publishProfilePhoto", map[string]string{"apiKey": i.key, "login_token": session}), 0)
	info := map[string]string{"apiKey": i.key, "secret": i.secret, "UID": uid}
	if got := i.post("accounts.getAccountInfo", info); got.text("profile", "photoURL") == "" || got.text("UID") != uid {
		t.Errorf("the photo is not the person's of the regToken: %s", got.body)
	}
	late := begin(i)
	i.Clock.Advance(59 * time.Minute)
	i.want(send(late, nil), 0)
	i.Clock.Advance(2 * time.Minute)
	i.want(send(late, nil), 403002)
	i.want(i.post("accounts.finalizeRegistration", map[string]string{"apiKey": i.key, "regToken": late}), 403002)
}

// Sessions: by registration, by name and password, and by the site's server; the cookie alone counts for a POST of the
// site's pages only, and what is signed with the session's secret from a phone.
func TestSessions(t *testing.T) {
	t.Parallel()
	const page = "https://www.example.org"
	i := start(t, nil, boot.NewSite{Origins: []boot.Origin{page}, Register: true})
	reg := i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}).text("regToken")
	registration := map[string]string{"apiKey": i.key, "regToken": reg, "email": "jane@b.example", "password": "secret 1"}
	reg = i.want(i.post("accounts.register", registration), 206001).text("regToken")
	i.want(i.post("accounts.register", registration), 409001)
	if done := i.want(i.post("accounts.finalizeRegistration", map[string]string{"apiKey": i.key, "regToken": reg}), 0); done.text("sessionInfo", "sessionToken") == "" {
		t.Errorf("no session: %s", done.body)
	}
	login := map[string]string{"apiKey": i.key, "loginID": "Jane@b.example", "password": "secret 1"}
	in := i.want(i.post("accounts.login", login), 0)
	login["password"] = "secret 2"
	i.want(i.post("accounts.login", login), 403042)
	if in.text("profile", "email") != "jane@b.example" {
		t.Errorf("the profile: %s", in.body)
	}
	key := in.text("sessionInfo", "sessionToken")
	cookie := in.text("sessionInfo", "cookieName") + "=" + key
	set := map[string]string{"apiKey": i.key, "photoBytes": photo("me.png", 5000)}
	i.want(i.post("accounts.setProfilePhoto", set, "Cookie", cookie, "Origin", page), 0)
	i.want(i.post("accounts.setProfilePhoto", set, "Cookie", cookie, "Origin", "https://evil.example"), 403000)
	i.want(i.post("accounts.setProfilePhoto", set, "Cookie", cookie), 403012)
	jsonp := "/accounts.removeProfilePhoto?format=jsonp&callback=f&apiKey=" + i.key
	if got := i.send(http.MethodGet, jsonp, nil, "Cookie", cookie, "Referer", page+"/x"); !strings.Contains(string(got.body), "403012") {
		t.Errorf("a JSONP call by a cookie: %s", got.body)
	}
	p := i.signed("accounts.publishProfilePhoto", map[string]string{"oauth_token": key})
	i.want(i.post("accounts.publishProfilePhoto", p), 403003) // with the site's secret
	p["sig"] = sign(in.text("sessionInfo", "sessionSecret"), http.MethodPost, i.URL+"/accounts.publishProfilePhoto", p)
	i.want(i.post("accounts.publishProfilePhoto", p), 0)
	i.want(i.post("accounts.publishProfilePhoto", p), 403004)
	if got := i.post("accounts.getAccountInfo", map[string]string{"apiKey": i.key, "login_token": key}); got.text("profile", "photoURL") == "" {
		t.Errorf("published from a phone: %s", got.body)
	}
	i.want(i.post("accounts.notifyLogin", map[string]string{"apiKey": i.key, "siteUID": "x"}), 403007)
	if got := i.want(i.call("accounts.notifyLogin", "", "siteUID", "john"), 0); got.text("UID") != "john" {
		t.Errorf("notifyLogin: %s", got.body)
	}
	reg = i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}).text("regToken")
	registration = map[string]string{"apiKey": i.key, "regToken": reg, "email": "eve@b.example", "password": "secret 1"}
	i.want(i.post("accounts.register", registration), 206001)
	eve := i.post("accounts.getAccountInfo", map[string]string{"apiKey": i.key, "regToken": reg}).text("UID")
	who, err := i.Node().Photos.Resume(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	admin := association.Operator(1)
	for _, person := range []association.GUID{who.GUID, association.GUID(eve)} {
		if err := i.Node().Photos.Disable(t.Context(), admin, 1, person); err != nil {
			t.Fatal(err)
		}
	}
	i.want(i.post("accounts.getAccountInfo", map[string]string{"apiKey": i.key, "login_token": key}), 403012)
	i.want(i.post("accounts.setProfilePhoto", map[string]string{"apiKey": i.key, "regToken": reg, "photoBytes": set["photoBytes"]}), 403041)
}

// A password that is chosen costs as much as one that is checked: who registers waits for a turn like who signs in, and
// when too many wait is told when to come again.
func TestRegistrationsTakeTurnsWithSignIns(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{Register: true})
	held, refused := make(chan struct{}), make(chan error, 200)
	var others sync.WaitGroup
	for range cap(refused) {
		others.Go(func() {
			refused <- i.Node().Photos.InTurn(t.Context(), func(context.Context) error { <-held; return nil })
		})
	}
	if err := <-refused; !fault.Is(err, fault.TooMany) { // all turns are taken, and so are the places to wait
		t.Errorf("got %v, want TooMany", err)
	}
	reg := i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}).text("regToken")
	p := map[string]string{"apiKey": i.key, "regToken": reg, "email": "jane@b.example", "password": "secret 1"}
	if got := i.want(i.post("accounts.register", p), 403048); got.Header.Get("Retry-After") == "" {
		t.Error("it is not said when to come again")
	}
	close(held)
	others.Wait()
	i.want(i.post("accounts.register", p), 206001)
}
