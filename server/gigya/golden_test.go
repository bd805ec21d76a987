package gigya_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/rogpeppe/go-internal/txtar"

	"cameo/association/fetch"
	"cameo/server/boot"
)

var update = flag.Bool("update", false, "write the answers in testdata/golden anew")

// The golden files: one for each method, with requests as clients make them and the answers that they get.
//
// A request is its first line, headers, an empty line, and parameters with a line each. They are the form of a POST and
// the query of a GET; with the file _profilePhoto they are the query of a multipart body. What stands in braces is filled
// in: a parameter of the same name from an answer before, {now}, {nonce}, a {photo} in base64 or in {lines} of it as a
// {file}, and as sig the signature with the secret of the {site} or the {session}. What changes from run to run stands in
// braces in answers, too.
func TestGoldenAnswers(t *testing.T) {
	t.Parallel()
	from, allowed := inside(t)
	site := boot.NewSite{Origins: []boot.Origin{"https://www.example.org"}, Register: true}
	i := secured(t, func(c *boot.Config) { c.ImportAllow = []fetch.Exception{allowed} }, site)
	for _, method := range i.methods() {
		t.Run(method, func(t *testing.T) {
			g := &golden{instance: *i.in(t), known: map[string]string{"inside": from}}
			g.addSite(site)
			maps.Copy(g.known, map[string]string{"apiKey": g.key, "secret": g.secret, "url": g.URL})
			g.play(filepath.Join("testdata", "golden", method+".txtar"))
		})
	}
}

// methods are those that the interface's description has.
func (i *instance) methods() []string {
	i.t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(i.send(http.MethodGet, "/openapi.yaml", nil).body)
	if err != nil {
		i.t.Fatal(err)
	}
	var all []string
	for path := range doc.Paths.Map() {
		if strings.HasPrefix(path, "/accounts.") || strings.HasPrefix(path, "/socialize.") {
			all = append(all, path[1:])
		}
	}
	if len(all) == 0 {
		i.t.Error("there are no methods")
	}
	slices.Sort(all)
	return all
}

// golden plays the requests of a file, for a site of its own.
type golden struct {
	instance
	known map[string]string // what requests take from answers, and from the test, by its name
}

// play sends all requests of a file, and compares the answers.
func (g *golden) play(path string) {
	g.t.Helper()
	told, err := txtar.ParseFile(path)
	if err != nil {
		g.t.Fatal(err)
	}
	if len(told.Files) < 2 {
		g.t.Errorf("%s has no request and answer", path)
	}
	for n := 0; n+1 < len(told.Files); n += 2 {
		got := g.shown(g.ask(string(told.Files[n].Data)))
		if answer := &told.Files[n+1]; *update {
			answer.Data = []byte(got)
		} else if want := string(answer.Data); got != want {
			g.t.Errorf("%s\ngot\n%s\nwant\n%s", told.Files[n].Name, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(told), 0o600); err != nil {
			g.t.Fatal(err)
		}
	}
}

var (
	inBraces = regexp.MustCompile(`\{([a-zA-Z_]+)\}`)
	drawn    = regexp.MustCompile(`"(callId|time|created|lastUpdated|regToken|access_token|sessionToken|sessionSecret|` +
		`cookieName|cookieValue|UIDSignature|signatureTimestamp)": "[^"]+"`)
	counted   = regexp.MustCompile(`"(createdTimestamp|lastUpdatedTimestamp)": \d+`)
	elements  = regexp.MustCompile(`<(callId|time)>[^<]+<`)
	inJSONP   = regexp.MustCompile(`"(callId|time)":"[^"]+"`)
	versions  = regexp.MustCompile(`(photos/|version=)[0-9A-Za-z]+`)
	someGUIDs = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// ask sends a request of a golden file.
func (g *golden) ask(text string) answer {
	g.t.Helper()
	head, lines, _ := strings.Cut(text, "\n\n")
	first, more, _ := strings.Cut(strings.TrimSpace(head), "\n")
	method, path, _ := strings.Cut(first, " ")
	p := map[string]string{}
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		p[name] = g.fill(value)
	}
	switch p["sig"] {
	case "{site}":
		p["sig"] = sign(g.secret, method, g.URL+path, p)
	case "{session}": // as one of the phones spells it
		sig := sign(g.known["sessionSecret"], method, g.URL+path, p)
		p["sig"] = strings.NewReplacer("+", "-", "/", "_").Replace(sig)
	}
	var headers []string
	for line := range strings.Lines(more) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		headers = append(headers, name, g.fill(value))
	}
	kind, body := "application/x-www-form-urlencoded", url.Values{}
	file, multi := p["_profilePhoto"]
	delete(p, "_profilePhoto")
	for name, value := range p {
		body.Set(name, value)
	}
	switch {
	case multi:
		form, kind := fileForm(g.t, []byte(file))
		return g.send(method, path+"?"+body.Encode(), form, append(headers, "Content-Type", kind)...)
	case method == http.MethodGet:
		return g.send(method, path+"?"+body.Encode(), nil, headers...)
	}
	return g.send(method, path, strings.NewReader(body.Encode()), append(headers, "Content-Type", kind)...)
}

// fill puts what is known into the place of its name.
func (g *golden) fill(text string) string {
	g.t.Helper()
	return inBraces.ReplaceAllStringFunc(text, func(name string) string {
		name = name[1 : len(name)-1]
		if value, ok := g.known[name]; ok {
			return value
		}
		encoded := photo("me.png", 5000)
		switch name {
		case "now":
			return fmt.Sprint(g.Clock.Now() / 1000)
		case "nonce":
			return fmt.Sprint("n", g.nonces.Add(1))
		case "photo":
			return encoded
		case "lines":
			return regexp.MustCompile(`.{76}`).ReplaceAllString(encoded, "$0\n")
		case "file":
			return string(picture(5000))
		case "basic":
			return base64.StdEncoding.EncodeToString([]byte(g.key + ":" + g.secret))
		case "site", "session":
			return "{" + name + "}" // the signature is made last
		}
		g.t.Fatalf("nobody knows what {%s} is", name)
		return ""
	})
}

// learn remembers what an answer tells by its name.
func (g *golden) learn(told map[string]any) {
	for name, value := range told {
		switch v := value.(type) {
		case string:
			g.known[name] = v
		case map[string]any:
			g.learn(v)
		}
	}
}

// shown is an answer as golden files have it.
func (g *golden) shown(a answer) string {
	g.t.Helper()
	text := fmt.Sprintf("%d %s\n", a.StatusCode, a.Header.Get("Content-Type"))
	for _, name := range []string{"WWW-Authenticate", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if value := a.Header.Get(name); value != "" {
			text += name + ": " + value + "\n"
		}
	}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "image/") {
		w, h := pixels(g.t, a)
		return fmt.Sprintf("%s\n{a picture of %d×%d}\n", text, w, h)
	}
	body := string(a.body)
	if a.said != nil {
		g.learn(a.said)
		var b bytes.Buffer
		if err := json.Indent(&b, a.body, "", "  "); err != nil {
			g.t.Fatal(err)
		}
		body = b.String()
	}
	body = strings.NewReplacer(g.URL, "{url}", g.key, "{apiKey}", g.known["inside"], "{inside}").Replace(body)
	body = drawn.ReplaceAllString(body, `"$1": "{$1}"`)
	body = counted.ReplaceAllString(body, `"$1": {$1}`)
	body = elements.ReplaceAllString(body, `<$1>{$1}<`)
	body = inJSONP.ReplaceAllString(body, `"$1":"{$1}"`)
	body = versions.ReplaceAllString(body, `$1{version}`)
	return text + "\n" + someGUIDs.ReplaceAllString(body, "{guid}") + "\n"
}
