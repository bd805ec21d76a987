package gigya_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"cameo/association/fetch"
	"cameo/server/boot"
)

// power is what a caller has shown.
type power int

const (
	nothing power = iota
	session       // of somebody who is signed in
	regToken
	whole // the site's own server
	bound // the site's own server, for one person
	powers
)

// policy is what a method answers to each power.
type policy struct {
	method string
	person bool // it acts for a person
	params map[string]string
	codes  [powers]int
}

// policies say what each method answers to each power, in the order in which one caller calls them. What acts for a
// person names jane by UID, which counts for the site's server only.
var policies = []policy{
	{"accounts.initRegistration", false, nil, [powers]int{0, 0, 0, 0, 0}},
	{"accounts.setProfilePhoto", true, map[string]string{"photoBytes": "{photo}"}, [powers]int{403005, 0, 0, 0, 0}},
	{"accounts.publishProfilePhoto", true, nil, [powers]int{403005, 0, 0, 0, 0}},
	{"accounts.importProfilePhoto", true, map[string]string{"url": "{inside}"}, [powers]int{403005, 0, 0, 0, 0}},
	{"accounts.uploadProfilePhoto", true, map[string]string{"publish": "true"}, [powers]int{403005, 0, 0, 0, 0}},
	{"accounts.getProfilePhoto", true, nil, [powers]int{403005, 0, 0, 0, 0}},
	{"accounts.getAccountInfo", true, nil, [powers]int{403005, 0, 0, 0, 0}},
	{"socialize.getUserInfo", true, nil, [powers]int{403005, 0, 0, 0, 0}},
	{"socialize.setUserInfo", true, map[string]string{"userInfo": `{"nickname":"changed"}`}, [powers]int{403005, 0, 0, 0, 0}},
	{"accounts.removeProfilePhoto", true, nil, [powers]int{403005, 0, 0, 0, 0}},
	{"socialize.getSavedResponse", false, map[string]string{"saveResponseID": "x"}, [powers]int{404000, 404000, 404000, 404000, 404000}},
	{"accounts.getPolicies", false, nil, [powers]int{403007, 403007, 403007, 0, 0}},
	{"accounts.setPolicies", false, map[string]string{"profilePhoto": "{}"}, [powers]int{403007, 403007, 403007, 0, 403007}},
	{"accounts.notifyLogin", false, map[string]string{"siteUID": "zoe"}, [powers]int{403007, 403007, 403007, 0, 403007}},
	// These know no power but what they ask for themselves.
	{"socialize.getToken", false, map[string]string{"grant_type": "none"}, [powers]int{403010, 403010, 403010, 403010, 403010}},
	{
		"accounts.login", false,
		map[string]string{"loginID": "x", "password": "x"},
		[powers]int{403042, 403042, 403042, 403042, 403042},
	},
	{
		"accounts.register", false,
		map[string]string{"email": "{new}@b.example", "password": "secret 1"},
		[powers]int{400002, 400002, 206001, 400002, 400002},
	},
	{"accounts.finalizeRegistration", false, nil, [powers]int{400002, 400002, 0, 400002, 400002}},
}

// visitor is one who calls each method.
type visitor struct {
	name  string
	power power
	jane  bool // may act for jane
	show  func(method string, p map[string]string) (header []string)
}

// with shows parameters, which are the same for each call.
func with(shown map[string]string) func(string, map[string]string) []string {
	return func(_ string, p map[string]string) []string { maps.Copy(p, shown); return nil }
}

// Each method answers each caller as the policy says, and who may not act for jane changes nothing of hers.
func TestRights(t *testing.T) {
	t.Parallel()
	from, allowed := inside(t)
	i := secured(t, func(c *boot.Config) { c.ImportAllow = []fetch.Exception{allowed} }, boot.NewSite{Register: true})
	for _, method := range i.methods() {
		if !slices.ContainsFunc(policies, func(c policy) bool { return c.method == method }) {
			t.Errorf("%s: nobody has said who may call it: see policies", method)
		}
	}
	i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", photo("jane.png", 5000), "publish", "true"), 0)
	fill := strings.NewReplacer("{photo}", photo("me.png", 5000), "{inside}", from+"/me.png", "{new}", "new")
	for _, v := range i.visitors() {
		t.Run(v.name, func(t *testing.T) {
			i := i.in(t)
			before := i.hers()
			for _, c := range policies {
				p := map[string]string{"apiKey": i.key}
				for name, value := range c.params {
					p[name] = fill.Replace(value)
				}
				want := c.codes[v.power]
				if c.person {
					p["UID"] = "jane"
					if v.power == bound && !v.jane {
						want = 403005
					}
				}
				if c.method == "socialize.getToken" && (v.name == "site's secret" || v.name == "user's key") {
					want = 0 // it takes these too
				}
				head := v.show(c.method, p)
				if got := i.sendAny(c.method, p, head); got.code() != want || got.StatusCode != http.StatusOK {
					t.Errorf("%s: got %s %d, want %d: %.200s", c.method, got.Status, got.code(), want, got.body)
				}
			}
			if after := i.hers(); !v.jane && after != before {
				t.Errorf("jane's were\n%s\nand are\n%s", before, after)
			}
		})
	}
}

// hers is what is told of jane.
func (i *instance) hers() string {
	i.t.Helper()
	told := i.want(i.call("accounts.getAccountInfo", "jane"), 0)
	return fmt.Sprint(told.said["profile"], told.text("lastUpdated"))
}

// sendAny sends the parameters, and a file to the method that takes one.
func (i *instance) sendAny(method string, p map[string]string, head []string) answer {
	i.t.Helper()
	if method != "accounts.uploadProfilePhoto" {
		return i.post(method, p, head...)
	}
	query := url.Values{}
	for name, value := range p {
		query.Set(name, value)
	}
	body, kind := fileForm(i.t, picture(5000))
	return i.send(http.MethodPost, "/"+method+"?"+query.Encode(), body, append(head, "Content-Type", kind)...)
}

// visitors are one of each kind.
func (i *instance) visitors() []visitor {
	i.t.Helper()
	loginOf := func(uid string) map[string]string {
		return map[string]string{"login_token": i.want(i.call("accounts.notifyLogin", "", "siteUID", uid), 0).text("sessionInfo", "sessionToken")}
	}
	reg := i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}).text("regToken")
	token := func(uid string) map[string]string {
		p := map[string]string{"grant_type": "none", "client_id": i.key, "client_secret": i.secret, "x_siteUID": uid}
		return map[string]string{"oauth_token": i.want(i.post("socialize.getToken", p), 0).text("access_token")}
	}
	key := i.userKey(false)
	signed := func(method string, p map[string]string) []string { maps.Copy(p, i.signed(method, p)); return nil }
	return []visitor{ // who may not act for jane first: then she still has a photo
		{"nobody", nothing, false, with(nil)},
		{"session of another", session, false, with(loginOf("john"))},
		{"regToken", regToken, false, with(map[string]string{"regToken": reg})},
		{"token of another", bound, false, with(token("john"))},
		{"session of the owner", session, true, with(loginOf("jane"))},
		{"token of the owner", bound, true, with(token("jane"))},
		{"signature", whole, true, signed},
		{"site's secret", whole, true, with(map[string]string{"secret": i.secret})},
		{"user's key", whole, true, with(map[string]string{"userKey": key["userKey"], "secret": key["secret"]})},
		{"JWT", whole, true, i.byJWT()},
		{"token", whole, true, with(token(""))},
	}
}

// byJWT shows a token that a user's private key has signed, another one for each call.
func (i *instance) byJWT() func(string, map[string]string) []string {
	i.t.Helper()
	user, n := i.userKey(true), 0
	block, _ := pem.Decode([]byte(user["privateKey"]))
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		i.t.Fatal(err)
	}
	return func(string, map[string]string) []string {
		n++
		made := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"iat": i.Clock.Now().Time().Unix(), "jti": fmt.Sprint(n)})
		made.Header["kid"] = user["userKey"]
		text, err := made.SignedString(private)
		if err != nil {
			i.t.Fatal(err)
		}
		return []string{"Authorization", "Bearer " + text}
	}
}

// fileForm is a form with a photo, and its media type.
func fileForm(t *testing.T, file []byte) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("_profilePhoto", "me.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}
