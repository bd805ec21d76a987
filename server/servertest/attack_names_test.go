package servertest_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// nodeName is how the name of a run ends.
var nodeName = regexp.MustCompile(`-[0-9A-Za-z]{8}$`)

// A05: names that mean something to somebody. What is kept is data: no path, blob or key is made of it.
func TestA05Filenames(t *testing.T) {
	t.Parallel()
	const size = 500
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxOpen = 0 }))
	jane, content := callInstance(t, i), servertest.Picture("me.png", size)
	want := []string{"deployment"}
	for _, c := range []struct{ sent, kept string }{ // kept "": refused
		{"me.png", "me.png"},
		{"../../x.png", "x.png"},
		{"/etc/passwd", "passwd"},
		{"....//....//x", "x"},
		{`C:\x.png`, "x.png"},
		{`..\..\x.png`, "x.png"},
		{`\\server\share\x.png`, "x.png"},
		{"%2e%2e%2fx.png", "%2e%2e%2fx.png"},
		{"a%2fb%00.png", "a%2fb%00.png"},
		{"CON", "CON"},
		{"nul.png", "nul.png"},
		{"COM1.png", "COM1.png"},
		{"-rf.png", "-rf.png"},
		{"--help", "--help"},
		{".htaccess", ".htaccess"},
		{"x.png:stream", "x.png:stream"},
		{"*?<>|.png", "*?<>|.png"},
		{"$(reboot);`reboot`&.png", "$(reboot);`reboot`&.png"},
		{"'; DROP TABLE uploads; --", "'; DROP TABLE uploads; --"},
		{"\u202egnp.exe", "\u202egnp.exe"},
		{"ﬁle．．／x", "ﬁle．．／x"}, // compatibility forms of dots and slash
		{"写真.png", "写真.png"},
		{strings.Repeat("é", 127) + "x", strings.Repeat("é", 127) + "x"},
		{strings.Repeat("é", 128), ""},
		{strings.Repeat("x", 10_000), ""},
		{"", ""},
		{" ", ""},
		{".", ""},
		{"..", ""},
		{"../..", ""},
		{"a/", ""},
		{`a\`, ""},
		{"a/.", ""},
		{"me\x00.png", ""},
		{"me\r\n.png", ""},
		{"me\t.png", ""},
		{"me\x7f.png", ""},
		{"me\u0085.png", ""},
		{"me\x1b[31m.png", ""},
	} {
		got := jane.declare(c.sent, "image/png", size)
		if c.kept == "" {
			jane.want(c.sent, got, http.StatusUnprocessableEntity)
			continue
		}
		key := keyOf(jane.want(c.sent, got, http.StatusCreated))
		var about struct{ Name string }
		if err := json.Unmarshal(got.body, &about); err != nil || about.Name != c.kept {
			t.Errorf("%q: got the name %q (%v), want %q", c.sent, about.Name, err, c.kept)
		}
		jane.finish(key, content)
		want = append(want, filepath.Join(key[:2], key+".0-0"))
	}
	slices.Sort(want)
	got := files(t, filepath.Join(i.Data, "blobs"))
	for n, name := range got {
		got[n] = strings.TrimSuffix(name, nodeName.FindString(name))
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("among the blobs: got %q, want %q", got, want)
	}
	i.Stop()
	for _, file := range files(t, i.Data) {
		if !strings.HasPrefix(file, "blobs/") && file != "keys" && !strings.HasPrefix(file, "cameo.db") {
			t.Errorf("there is a file %s beside the blobs", file)
		}
	}
	wantTidy(t, i.Data)
}

// A05: names in paths. The key decides what is sent, and nothing outside is reached.
func TestA05Paths(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	jane, content := callInstance(t, i), servertest.Picture("me.png", 500)
	key := jane.create(len(content))
	jane.finish(key, content)
	binary := "/.api2/binaries/"
	for path, status := range map[string]int{
		binary + key + "/download/other.png":                      http.StatusOK,
		binary + key + "/download/%2e%2e%2f%2e%2e%2fkeys":         http.StatusOK,
		binary + key + "/download/%0d%0aSet-Cookie:%20a=b":        http.StatusOK,
		binary + key + "/download/a/b":                            http.StatusOK,
		binary + "..%2f..%2fkeys/download/x":                      http.StatusNotFound,
		binary + "%2e%2e/%2e%2e/keys":                             http.StatusNotFound,
		binary + key[:9] + "%00/download/x":                       http.StatusNotFound,
		binary + key + "%2f..%2f" + key + "/download/x":           http.StatusNotFound,
		entry(key + "/../../../../../etc/passwd"):                 http.StatusNotFound,
		entry(key + "%00"):                                        http.StatusNotFound,
		entry("%27%20OR%201=1--"):                                 http.StatusNotFound,
		"/v1/communities/1/users/..%2f..%2fkeys/photo":            http.StatusNotFound,
		"/v1/communities/1/photos/..%2f..%2fkeys/256":             http.StatusNotFound,
		"/.api2/api/v1/communities/1%20OR%201/attachments/" + key: http.StatusNotFound,
	} {
		got := jane.ask(http.MethodGet, path, nil, nil)
		if got.status != status && (status != http.StatusNotFound || got.status != http.StatusUnprocessableEntity && got.status != http.StatusBadRequest) {
			t.Errorf("%s: got %v, want %d", path, got, status)
		}
		if got.status == http.StatusOK && string(got.body) != string(content) {
			t.Errorf("%s: got other bytes than the key's", path)
		}
		if got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: the path made a header: %v", path, got.header)
		}
	}
}

// A06: what a client says comes back in headers, and makes no header of its own.
func TestA06Headers(t *testing.T) {
	t.Parallel()
	const size = 500
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxOpen = 0 }))
	jane, content := callInstance(t, i), servertest.Picture("me.png", size)
	for _, c := range []struct{ name, disposition string }{
		{`me.png`, `attachment; filename="me.png"`},
		{`two words.png`, `attachment; filename="two words.png"`},
		{`a"b.png`, `attachment; filename="a_b.png"; filename*=UTF-8''a%22b.png`},
		{`a";x="y.png`, `attachment; filename="a__x=_y.png"; filename*=UTF-8''a%22%3Bx%3D%22y.png`},
		{`50%.png`, `attachment; filename="50_.png"; filename*=UTF-8''50%25.png`},
		{`a'b(c).png`, `attachment; filename="a'b(c).png"`},
		{`naïve.png`, `attachment; filename="na_ve.png"; filename*=UTF-8''na%C3%AFve.png`},
		{`写真.png`, `attachment; filename="__.png"; filename*=UTF-8''%E5%86%99%E7%9C%9F.png`},
		{"me\u202egnp.exe", `attachment; filename="megnp.exe"`},
		{"line\u2028break.png", `attachment; filename="linebreak.png"`},
		{`CON`, `attachment; filename="_CON"`},
		{`.htaccess`, `attachment; filename="htaccess"`},
		{`-rf.png`, `attachment; filename="-rf.png"`},
		{`x.png...`, `attachment; filename="x.png"`},
		{`...`, `attachment; filename="download"`},
	} {
		key := keyOf(jane.want(c.name, jane.declare(c.name, "image/png", size), http.StatusCreated))
		jane.finish(key, content)
		got := jane.ask(http.MethodGet, "/.api2/binaries/"+key+"/download/x", nil, nil)
		if d := got.header.Get("Content-Disposition"); d != c.disposition {
			t.Errorf("%q: got Content-Disposition %s, want %s", c.name, d, c.disposition)
		}
		if got.header.Get("Content-Type") != "image/png" || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: got the headers %v, want image/png that is not sniffed", c.name, got.header)
		}
	}
	const evil = "\r\nX-Evil: 1"
	for what, got := range map[string]answer{
		"a name":                     jane.declare("me.png"+evil, "image/png", size),
		"a type":                     jane.declare("me.png", "image/png"+evil, size),
		"a type's parameter":         jane.declare("me.png", "image/png; a=b"+evil, size),
		"a community":                jane.ask(http.MethodGet, "/.api2/api/v1/communities/1%0d%0aX-Evil:%201/attachments", nil, nil),
		"a key":                      jane.ask(http.MethodGet, entry("%0d%0aX-Evil:%201"), nil, nil),
		"a query":                    jane.ask(http.MethodGet, "/?a=b%0d%0aX-Evil:%201", nil, nil),
		"a path that is not there":   jane.ask(http.MethodGet, "/%0d%0aX-Evil:%201", nil, nil),
		"a path that ends in a dash": jane.ask(http.MethodGet, "//evil.test/%2f..", nil, nil),
	} {
		if got.header.Get("X-Evil") != "" || strings.Contains(got.header.Get("Location"), "evil") {
			t.Errorf("%s made a header: %v", what, got)
		}
		if bad := strings.HasPrefix(what, "a name") || what == "a type"; bad && (got.status < 400 || got.status >= 500) {
			t.Errorf("%s with a line break: got %v, want a refusal", what, got)
		}
	}
}
