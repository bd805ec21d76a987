package fetch_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"cameo/association/fetch"
	"cameo/association/imaging"
	"cameo/storage/fault"
)

// fetcher accepts what Gigya does.
func fetcher(limits fetch.Limits, allow ...fetch.Exception) *fetch.Fetcher {
	return fetch.New(fetch.Config{
		Sniff: imaging.Sniff, Types: []string{imaging.PNG, imaging.JPEG, imaging.GIF}, Allow: allow, Limits: limits,
	})
}

// wrongURLs are wrong in themselves. Most of them mean an inside address to some reader.
var wrongURLs = map[string]string{
	"nothing":                      "",
	"no scheme":                    "good.test/a.png",
	"no scheme, slashes":           "//good.test/a.png",
	"ftp":                          "ftp://good.test/a.png",
	"file":                         "file:///etc/passwd",
	"gopher":                       "gopher://127.0.0.1:6379/_INFO",
	"data":                         "data:image/png;base64,iVBORw0KGgo=",
	"javascript":                   "javascript:alert(1)",
	"unix":                         "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
	"opaque":                       "http:127.0.0.1/a.png",
	"no host":                      "http:///a.png",
	"only a port":                  "http://:80/a.png",
	"ssh":                          "http://good.test:22/",
	"redis":                        "http://good.test:6379/",
	"port 0":                       "http://good.test:0/",
	"port beyond":                  "http://good.test:65616/",
	"port in letters":              "http://good.test:http/",
	"port below":                   "http://good.test:-80/",
	"two ports":                    "http://good.test:80:22/",
	"user":                         "http://good.test@127.0.0.1/",
	"user and password":            "http://user:secret@good.test/",
	"empty user":                   "http://@127.0.0.1/",
	"port like a user":             "http://good.test:80@127.0.0.1/",
	"fragment like a user":         "http://127.0.0.1#@good.test:22/\\",
	"backslash":                    `http://good.test\@127.0.0.1/`,
	"backslashes":                  `http:\\127.0.0.1\`,
	"tab":                          "http://127.0.\t0.1/",
	"tab in the scheme":            "ht\ttp://127.0.0.1/",
	"newline":                      "http://good.test/\nHost: 127.0.0.1",
	"carriage return":              "http://good.test/a.png\r\n",
	"NUL":                          "http://good.test\x00.evil.test/",
	"DEL":                          "http://good.test\x7f/",
	"space before":                 " http://good.test/",
	"space in the host":            "http://good.test 127.0.0.1/",
	"short":                        "http://127.1/",
	"shorter":                      "http://127.0.1/",
	"zero":                         "http://0/",
	"decimal":                      "http://2130706433/",
	"decimal with a dot":           "http://2130706433./",
	"octal":                        "http://0177.0.0.1/",
	"octal, padded":                "http://0000177.0000.0000.0001/",
	"zeros in front":               "http://127.000.000.001/",
	"hexadecimal":                  "http://0x7f000001/",
	"hexadecimal, large":           "http://0X7F000001/",
	"hexadecimal, dotted":          "http://0x7f.0x0.0x0.0x1/",
	"mixed":                        "http://0x7f.1/",
	"bare 0x":                      "http://0x/",
	"too large a number":           "http://999999999999/",
	"dotted, with a dot":           "http://127.0.0.1./",
	"dotted, with two dots":        "http://127.0.0.1../",
	"two dots":                     "http://good.test../",
	"a dot alone":                  "http://./",
	"an empty label":               "http://good..test/",
	"circled digits":               "http://①②⑦.⓪.⓪.①/",
	"full-width digits":            "http://１２７.０.０.１/",
	"ideographic stops":            "http://127。0。0。1/",
	"half-width stops":             "http://127｡0｡0｡1/",
	"superscripts":                 "http://¹²⁷.0.0.1/",
	"mathematical digits":          "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/",
	"Arabic digits":                "http://١٢٧.٠.٠.١/",
	"soft hyphens":                 "http://12\u00AD7.0.0.1/",
	"full-width slash":             "http://good.test／a/",
	"full-width colon":             "http://good.test：22/",
	"one dot leader":               "http://127․0․0․1/",
	"percent digits":               "http://%31%32%37.0.0.1/",
	"percent dot":                  "http://127%2e0%2e0%2e1/",
	"percent circled":              "http://%E2%91%A027.0.0.1/",
	"percent stop":                 "http://127%E3%80%820%E3%80%820%E3%80%821/",
	"percent slash":                "http://127.0.0.1%2fgood.test/",
	"percent NUL":                  "http://127.0.0.1%00.good.test/",
	"zone":                         "http://[fe80::1%25lo]/",
	"zone, not escaped":            "http://[fe80::1%lo]/",
	"zone on loopback":             "http://[::1%251]/",
	"IPv4 in brackets":             "http://[127.0.0.1]/",
	"a name in brackets":           "http://[localhost]/",
	"no brackets":                  "http://::1/",
	"half a bracket":               "http://[::1/",
	"behind a bracket":             "http://[::1]good.test/",
	"IPv6 with a short IPv4":       "http://[::ffff:127.1]/",
	"IPv6 of nine groups":          "http://[0:0:0:0:0:0:0:0:1]/",
	"underscore":                   "http://good_test/",
	"asterisk":                     "http://*.good.test/",
	"a long label":                 "http://" + strings.Repeat("a", 64) + ".test/",
	"a long name":                  "http://" + strings.Repeat("a.", 130) + "test/",
	"bad punycode":                 "http://xn--a-ecp.test/",
	"right to left, mixed":         "http://a\u05D0.test/",
	"right-to-left override":       "http://good\u202Etset./",
	"not UTF-8":                    "http://good\xff.test/",
	"a long URL":                   "http://good.test/" + strings.Repeat("a", 2048),
	"digits of a name in punycode": "http://good.xn--1/",
}

func TestWrongURLsAreInvalid(t *testing.T) {
	t.Parallel()
	f := fetcher(fetch.DefaultLimits())
	for name, raw := range wrongURLs {
		if got, err := f.Judge(raw); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v and %v, want Invalid", name, got, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats the password: %v", name, err)
		}
	}
}

func TestURLsHaveOneSpelling(t *testing.T) {
	t.Parallel()
	excepted := fetch.Exception{Network: netip.MustParsePrefix("10.0.0.0/8"), Port: 8080}
	f := fetcher(fetch.DefaultLimits(), excepted)
	for _, c := range []struct{ name, raw, want string }{
		{"plain", "http://good.test/a.png", "http://good.test/a.png"},
		{"upper case", "HTTPS://GOOD.Test/A.png", "https://good.test/A.png"},
		{"query and fragment", "http://good.test/a.png?x=1&y=%2F#part", "http://good.test/a.png?x=1&y=%2F"},
		{"no path", "http://good.test", "http://good.test"},
		{"own port", "http://good.test:80/", "http://good.test/"},
		{"empty port", "https://good.test:/", "https://good.test/"},
		{"zeros before a port", "https://good.test:00443/", "https://good.test/"},
		{"the other's port", "http://good.test:443/", "http://good.test:443/"},
		{"a port of an exception", "http://good.test:8080/", "http://good.test:8080/"},
		{"a dot at the end", "http://good.test./", "http://good.test/"},
		{"umlaut", "http://BÜCHER.test/ä.png", "http://xn--bcher-kva.test/%C3%A4.png"},
		{"sharp s", "http://straße.test/", "http://xn--strae-oqa.test/"},
		{"full-width letters", "http://ｇｏｏｄ。test/", "http://good.test/"},
		{"hyphens of content networks", "http://r3---sn-4g5e.test/", "http://r3---sn-4g5e.test/"},
		{"digits before", "http://127.0.0.1.good.test/", "http://127.0.0.1.good.test/"},
		{"letters behind digits", "http://1a/", "http://1a/"},
		{"an address", "http://93.184.216.34/", "http://93.184.216.34/"},
		{"IPv6, long", "http://[2606:2800:0220:0001:0:0:0:1]:443/", "http://[2606:2800:220:1::1]:443/"},
		{"mapped", "http://[::FFFF:7f00:1]/", "http://[::ffff:127.0.0.1]/"},
		{"inside by name", "http://localhost/", "http://localhost/"},
	} {
		got, err := f.Judge(c.raw)
		if err != nil {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		} else if got.String() != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// FuzzJudge holds what is let pass against what everybody reads the same.
func FuzzJudge(f *testing.F) {
	for _, raw := range wrongURLs {
		f.Add(raw)
	}
	for _, raw := range []string{"http://good.test/a.png?b#c", "https://BÜCHER.test:443", "http://[::ffff:1.2.3.4]:80/"} {
		f.Add(raw)
	}
	judge := fetcher(fetch.DefaultLimits()).Judge
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := judge(raw)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: got %v, want Invalid", raw, err)
			}
			return
		}
		again, err := judge(u.String())
		switch {
		case len(u.String()) > 2048: // escaped, it became longer than what is read
		case err != nil:
			t.Fatalf("%q: its spelling %s is refused: %v", raw, u, err)
		case again.String() != u.String():
			t.Fatalf("%q: got %s of %s, want the same", raw, again, u)
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Fragment != "" {
			t.Fatalf("%q: got %#v", raw, u)
		}
		if p := u.Port(); p != "" && p != "80" && p != "443" {
			t.Fatalf("%q: got port %s", raw, p)
		}
		wantPlainHost(t, u)
	})
}

// wantPlainHost wants an address in its usual spelling or a name that no reader takes for an address.
func wantPlainHost(t *testing.T, u *url.URL) {
	t.Helper()
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || a.String() != host {
			t.Fatalf("got the address %s", host)
		}
		return
	}
	for _, r := range host {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-.", r) {
			t.Fatalf("got %q in the name %s", r, host)
		}
	}
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") == "" || strings.Trim(strings.TrimPrefix(last, "0x"), "0123456789abcdef") == "" &&
		strings.HasPrefix(last, "0x") {
		t.Fatalf("the name %s ends in a number", host)
	}
}
