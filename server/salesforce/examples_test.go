package salesforce_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"cameo/association"
	"cameo/server/servertest"
)

var update = flag.Bool("update", false, "write into testdata/examples what is answered")

// examples is an instance that is asked what stands in files, in which ids and times are always the same.
type examples struct {
	*caller
	site    site
	png     string
	pending bool              // a photo was set that may not be ready yet
	shown   map[string]string // by the first 15 characters of a real id: what stands for it in the files
	real    map[string]string // the other way round
}

var (
	anID     = regexp.MustCompile(`\b(005|069|729)[0-9A-Za-z]{12}([A-Z0-5]{3})?\b`)
	anEmail  = regexp.MustCompile(`/ncsphoto/[\w-]+`)
	volatile = []struct {
		what *regexp.Regexp
		text string
	}{
		{anEmail, "/ncsphoto/TOKEN"},
		{regexp.MustCompile(`("access_token": ")[0-9a-f-]{36}`), "${1}KEY"},
		{regexp.MustCompile(`("issued_at": ")\d{13}`), "${1}TIME"},
	}
)

const host = "https://photos.example.com"

// Each file of testdata/examples is a request, as Salesforce's documents and clients have it, and what is
// answered here. They tell one story, in the order of their names. With -update the answers are written anew.
func TestExamples(t *testing.T) {
	t.Parallel()
	c := start(t)
	people, jane := c.at.Node().Directory, servertest.Person("jane")
	if err := errors.Join(people.Ensure(t.Context(), 1, jane), people.Rename(t.Context(), 1, jane, "jane")); err != nil {
		t.Fatal(err)
	}
	x := &examples{caller: c, site: c.addSite(), png: string(quarters(t, 240, 180)), shown: map[string]string{}, real: map[string]string{}}
	files, err := filepath.Glob("testdata/examples/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("got %d files (%v)", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		golden := txtar.Parse(text)
		if len(golden.Files) != 2 {
			t.Fatalf("%s: got %d parts, want a request and an answer", name, len(golden.Files))
		}
		said := x.said(x.exchange(golden.Files[0].Data))
		if *update {
			golden.Files[1].Data = []byte(said)
			if err := os.WriteFile(name, txtar.Format(golden), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if want := string(golden.Files[1].Data); said != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, said, want)
		}
	}
}

// exchange sends a request: its line and headers, an empty line, and the body, in which PICTURE stands for one.
// The line break at the end is the file's. Somebody's name stands for their token.
func (x *examples) exchange(text []byte) answer {
	x.Helper()
	head, body, _ := strings.Cut(string(text), "\n\n")
	lines := strings.Split(strings.TrimSuffix(head, "\n"), "\n")
	method, path, _ := strings.Cut(anID.ReplaceAllStringFunc(lines[0], x.known), " ")
	var headers []string
	x.auth = ""
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		if scheme, who, _ := strings.Cut(value, " "); name == "Authorization" && who != "expired" {
			value = scheme + " " + x.token(who)
		}
		headers = append(headers, name, value)
	}
	body = anID.ReplaceAllStringFunc(strings.TrimSuffix(body, "\n"), x.known)
	body = strings.NewReplacer("PICTURE", x.png, "APIKEY", x.site.APIKey,
		"SECRET", strings.ReplaceAll(x.site.Secret, "+", "%2B"), "ASSERTION", x.token("jane")).Replace(body)
	sets := method == http.MethodPost && strings.Contains(path, "/photo") && !strings.Contains(path, "_HttpMethod")
	if x.pending && !sets { // what is told of it is the same on every machine once it is ready
		x.ready("jane", "ready")
		x.pending = false
	}
	got := x.ask(method, path, strings.NewReader(body), headers...)
	if sets && got.StatusCode == http.StatusCreated {
		x.pending = true
	}
	return got
}

func (x *examples) token(who string) string {
	if who == "root" {
		return x.at.Token(servertest.Person(who), 1)
	}
	return x.at.Token(servertest.Person(who))
}

// known is the real id for one of the files; one that stands for none is left as it is.
func (x *examples) known(id string) string {
	found, ok := x.real[id[:15]]
	if !ok {
		return id
	}
	if len(id) == 15 {
		return found
	}
	return found + association.Checksum(found)
}

// alias is what stands in the files for a real id, in the same length.
func (x *examples) alias(id string) string {
	short := id[:15]
	if _, mine := x.real[short]; mine || strings.HasPrefix(short[3:], "D0000") {
		return id // it is one of the files' own
	}
	if x.shown[short] == "" {
		x.shown[short] = fmt.Sprintf("%sD%011d", id[:3], len(x.shown)+1)
		x.real[x.shown[short]] = short
	}
	if len(id) == 15 {
		return x.shown[short]
	}
	return x.shown[short] + association.Checksum(x.shown[short])
}

// said is an answer as the files have it: JSON with line breaks, and no pictures.
func (x *examples) said(got answer) string {
	x.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %s\n", got.Status)
	for _, name := range []string{"Allow", "Cache-Control", "Content-Disposition", "Content-Type", "WWW-Authenticate"} {
		if value := got.Header.Get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	switch kind := got.Header.Get("Content-Type"); {
	case len(got.body) == 0:
	case !strings.HasPrefix(kind, "application/json"):
		b.WriteString("\n(a picture)\n")
	default:
		b.WriteString("\n")
		if err := json.Indent(&b, got.body, "", "  "); err != nil {
			x.Errorf("got no JSON: %s: %v", got.body, err)
		}
		b.WriteString("\n")
	}
	text := strings.ReplaceAll(anID.ReplaceAllStringFunc(b.String(), x.alias), x.at.URL, host)
	for _, v := range volatile {
		text = v.what.ReplaceAllString(text, v.text)
	}
	return text
}
