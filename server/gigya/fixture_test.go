package gigya_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cameo/association/fetch"
	"cameo/server/boot"
	"cameo/server/servertest"
)

// instance is the whole program on a port of its own, with one site in community 1.
type instance struct {
	*servertest.Instance
	t      *testing.T
	key    string // apiKey
	secret string
	stores servertest.Stores
	nonces *atomic.Int64
}

func start(t *testing.T, change func(*boot.Config), site boot.NewSite) *instance {
	t.Helper()
	return startAt(t, change, site, servertest.Stores{})
}

// startAt is start over stores that others may share; the zero Stores is none.
func startAt(t *testing.T, change func(*boot.Config), site boot.NewSite, at servertest.Stores) *instance {
	t.Helper()
	i := &instance{t: t, stores: at, nonces: &atomic.Int64{}, Instance: servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		if change != nil {
			change(c)
		}
	}))}
	i.addSite(site)
	return i
}

// addSite adds another site, which is the instance's from now on.
func (i *instance) addSite(site boot.NewSite) {
	i.t.Helper()
	var made struct{ APIKey, Secret string }
	i.manage(func(p *boot.People, to io.Writer) error { return p.AddSite(i.t.Context(), site, to) }, &made)
	i.key, i.secret = made.APIKey, made.Secret
}

// manage does what a command does while the server runs, and reads what it prints.
func (i *instance) manage(work func(*boot.People, io.Writer) error, into any) {
	i.t.Helper()
	var out bytes.Buffer
	err := boot.ManagePeople(i.t.Context(), boot.Stores{
		Data: i.Data, Database: i.stores.Database, Blobs: i.stores.Blobs, Keys: i.stores.Keys,
	}, "1", boot.ThisMachine(io.Discard),
		func(p *boot.People) error { return work(p, &out) })
	if err == nil && into != nil {
		err = json.Unmarshal(out.Bytes(), into)
	}
	if err != nil {
		i.t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
	said map[string]any
}

func (a answer) code() int {
	n, _ := a.said["errorCode"].(float64)
	return int(n)
}

func (a answer) text(path ...string) string {
	var at any = a.said
	for _, name := range path {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	s, _ := at.(string)
	return s
}

// post calls a method with the parameters as they are.
func (i *instance) post(method string, p map[string]string, head ...string) answer {
	i.t.Helper()
	form := url.Values{}
	for name, value := range p {
		form.Set(name, value)
	}
	return i.send(http.MethodPost, "/"+method, strings.NewReader(form.Encode()),
		append([]string{"Content-Type", "application/x-www-form-urlencoded"}, head...)...)
}

func (i *instance) send(method, path string, body io.Reader, head ...string) answer {
	i.t.Helper()
	r, err := http.NewRequestWithContext(i.t.Context(), method, i.URL+path, body)
	if err != nil {
		i.t.Fatal(err)
	}
	for n := 0; n+1 < len(head); n += 2 {
		r.Header.Set(head[n], head[n+1])
	}
	resp, err := i.HTTP.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	a := answer{Response: resp, body: b}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(b, &a.said); err != nil {
			i.t.Fatalf("%s: no JSON: %v in %q", method, err, b)
		}
	}
	return a
}

// signed are the parameters of a call that the site's server signs now.
func (i *instance) signed(method string, p map[string]string) map[string]string {
	all := map[string]string{
		"apiKey": i.key, "timestamp": fmt.Sprint(i.Clock.Now() / 1000), "nonce": fmt.Sprint("n", i.nonces.Add(1)), "format": "json",
	}
	for name, value := range p {
		all[name] = value
	}
	all["sig"] = sign(i.secret, http.MethodPost, i.URL+"/"+method, all)
	return all
}

// call calls a method as the site's server, about the user uid if that is not "".
func (i *instance) call(method, uid string, more ...string) answer {
	i.t.Helper()
	p := map[string]string{}
	if uid != "" {
		p["UID"] = uid
	}
	for n := 0; n+1 < len(more); n += 2 {
		p[more[n]] = more[n+1]
	}
	return i.post(method, i.signed(method, p))
}

func (i *instance) want(a answer, code int) answer {
	i.t.Helper()
	if a.code() != code || a.said == nil {
		i.t.Errorf("got %d, want %d: %.300s", a.code(), code, a.body)
	}
	return a
}

// sign is the signature as clients make it, written apart from what the server does.
func sign(secret, method, address string, p map[string]string) string {
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write([]byte(baseOf(method, address, p)))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// baseOf is what is signed.
func baseOf(method, address string, p map[string]string) string {
	var names []string
	for name := range p {
		if name != "sig" && name != "secret" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var query []string
	for _, name := range names {
		query = append(query, name+"="+escape(p[name]))
	}
	return method + "&" + escape(address) + "&" + escape(strings.Join(query, "&"))
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// inside is the address of a picture on this machine, and what lets it be imported.
func inside(t *testing.T) (address string, allowed fetch.Exception) {
	t.Helper()
	host := &http.ServeMux{}
	host.HandleFunc("/me.png", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(5000)) })
	server := httptest.NewServer(host)
	t.Cleanup(server.Close)
	if err := allowed.UnmarshalText([]byte(strings.TrimPrefix(server.URL, "http://"))); err != nil {
		t.Fatal(err)
	}
	return server.URL, allowed
}

// picture is a small one.
func picture(n int) []byte { return servertest.Picture("me.png", n) }

func photo(name string, size int) string {
	return base64.StdEncoding.EncodeToString(servertest.Picture(name, size))
}
