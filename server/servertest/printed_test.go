package servertest_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// printed are the pieces of code in a language that a document prints, for a server at an address.
func printed(t *testing.T, document, language, address string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", document))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range regexp.MustCompile("(?s)\n```"+language+"\n(.*?)\n```").FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(m[1], "https://photos.example.com") {
			t.Fatalf("%s: there is no server in\n%s", document, m[1])
		}
		all = append(all, strings.ReplaceAll(m[1], "https://photos.example.com", address))
	}
	if len(all) == 0 {
		t.Fatalf("%s prints no %s", document, language)
	}
	return all
}

// What the documents print for curl uploads as it stands, over HTTP/1.1 and HTTP/2. The first attempt is broken off; what
// is printed for after a break goes on.
func TestPrintedCurl(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("curl")
	servertest.Require(t, "curl", err == nil, "curl is not installed")
	content, i := servertest.Picture("curl", 2_000_000), servertest.Start(t)
	for document, sendsAtOnce := range map[string]bool{"tus.md": false, "resumable.md": true} {
		for _, version := range []string{"http1.1", "http2-prior-knowledge"} {
			t.Run(document+" by "+version, func(t *testing.T) {
				t.Parallel()
				dir, jane := t.TempDir(), callInstance(t, i)
				code := printed(t, document, "sh", i.URL)[0]
				begin, goOn, ok := strings.Cut(code, "\n\n") // after an empty line: what is done after each break
				if !ok {
					t.Fatalf("%s prints no two steps:\n%s", document, code)
				}
				for name, text := range map[string]string{
					"me.png": string(content), "begin": begin, "goOn": goOn,
					"good/.curlrc": version, "bad/.curlrc": version + "\nlimit-rate = 400k\nmax-time = 2\n",
				} {
					at := filepath.Join(dir, name)
					if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte(text), 0o600)); err != nil {
						t.Fatal(err)
					}
				}
				script := "export CURL_HOME=$PWD/bad\n. ./begin\n"
				if !sendsAtOnce {
					script = "export CURL_HOME=$PWD/good\n. ./begin\nCURL_HOME=$PWD/bad\n. ./goOn\n"
				}
				script += "CURL_HOME=$PWD/good\nset -e\n. ./goOn\ntest \"$from\" -lt 2000000\necho\necho \"done $at\""
				cmd := exec.Command("sh", "-c", script)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "TOKEN="+jane.token)
				jane.wantUploaded(upload(t, cmd, nil), content)
			})
		}
	}
}

// What the documents print for JavaScript uploads as it stands, in a browser, from a page of another origin.
func TestPrintedJavaScript(t *testing.T) {
	servertest.Long(t, "a browser, and packages of Node.js")
	t.Parallel()
	folder, browser := tusClients(t), chromium(t)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
	}))
	t.Cleanup(page.Close)
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.CORSOrigin = []boot.Origin{boot.Origin(page.URL)} }))
	root, dir, content := callInstance(t, i), t.TempDir(), servertest.Picture("page", 1_500_000)
	root.token = i.Token(servertest.Person("root"), 1)
	tus := printed(t, "tus.md", "js", i.URL)
	if len(tus) != 2 {
		t.Fatalf("tus.md prints %d clients, want tus-js-client's and Uppy's", len(tus))
	}
	clients := map[string]string{
		"tus": tus[0], "uppy": tus[1] + "\nexport { uppy };", "resumable": printed(t, "resumable.md", "js", i.URL)[0],
		"again": tus[0], // by a page that is left on the way
	}
	file := filepath.Join(dir, "me.png")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"printed.mjs", page.URL, root.token, file, browser}
	for name, text := range clients {
		at := filepath.Join(dir, name+".js")
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name+"="+string(servertest.Person(name))+"="+at)
	}
	ctx, stop := context.WithTimeout(t.Context(), within(90*time.Second))
	defer stop()
	cmd := exec.CommandContext(ctx, "node", args...)
	var wrong bytes.Buffer
	cmd.Dir, cmd.Stderr = folder, &wrong
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, wrong.String())
	}
	for name := range clients {
		m := regexp.MustCompile(`(?m)^` + name + ` (\w{10})$`).FindSubmatch(said)
		if m == nil {
			t.Fatalf("%s: no key in %q", name, said)
		}
		root.wantTusFile(tusUploads+string(m[1]), content)
		if version := root.photoOf(name).Version; (version == "") != (name == "uppy") {
			t.Errorf("%s: got the photo %q: all but Uppy's say whose it is", name, version)
		}
	}
}
