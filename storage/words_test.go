package storage_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	seen := map[byte]int{}
	for range 2000 {
		k, err := storage.DrawKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := storage.ParseKey(string(k)); err != nil || back != k {
			t.Fatalf("%q does not parse: %v", k, err)
		}
		for i := range len(k) {
			seen[k[i]]++
		}
	}
	if len(seen) != 62 {
		t.Errorf("got %d different characters, want 62", len(seen))
	}
	chi := 0.0 // 61 degrees of freedom: above 130 in fewer than one of a million runs
	for _, n := range seen {
		d := float64(n) - 20000.0/62
		chi += d * d / (20000.0 / 62)
	}
	if chi > 130 {
		t.Errorf("the characters are not equally likely: chi squared is %.0f", chi)
	}
	if _, err := storage.DrawKey(bytes.NewReader(nil)); !fault.Is(err, fault.Internal) {
		t.Errorf("without randomness: got %v", err)
	}
	for _, bad := range []string{"", "abc", "abcdefghij0", "abcdefghi-", "abcdefghi/", "äbcdefghi", "../../etc1"} {
		if _, err := storage.ParseKey(bad); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: got %v, want not found", bad, err)
		}
	}
}

func TestCommunities(t *testing.T) {
	t.Parallel()
	if c, err := storage.ParseCommunity("10068556"); err != nil || c != 10068556 || c.String() != "10068556" {
		t.Errorf("got %v, %v", c, err)
	}
	for _, bad := range []string{"", "0", "01", "+1", "-1", "1e3", "9223372036854775808", "x"} {
		if _, err := storage.ParseCommunity(bad); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: got %v, want not found", bad, err)
		}
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"me.png":                 "me.png",
		"../../etc/passwd":       "passwd",
		`C:\Users\jane\me.png`:   "me.png",
		"CON":                    "CON",
		".htaccess":              ".htaccess",
		"-rf":                    "-rf",
		"%2fme.png":              "%2fme.png",
		`a "quoted" name.png`:    `a "quoted" name.png`,
		"Grüße 🐘.jpg":            "Grüße 🐘.jpg",
		"  me.png ":              "me.png",
		strings.Repeat("x", 255): strings.Repeat("x", 255),
		"abc\u202egnp.exe":       "abc\u202egnp.exe", // kept as data; escaped where it is shown
	} {
		if got, err := storage.CleanName(in); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
	for _, bad := range []string{
		"", " ", "a/", "..", "../", ".", "a\x00b", "a\r\nb", "a\tb", "a\u0085b", "\xff",
		strings.Repeat("x", 256), strings.Repeat("y", 10<<10),
	} {
		if got, err := storage.CleanName(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: got %q, %v; want invalid", bad, got, err)
		}
	}
}

func TestBlobNames(t *testing.T) {
	t.Parallel()
	n := storage.RunName("5GQFODh5bI", 3, 12, "n7")
	if id, leaf, err := n.Split(); err != nil || id != "5GQFODh5bI" || leaf != "3-12-n7" {
		t.Errorf("got %q, %q, %v", id, leaf, err)
	}
	for _, bad := range []storage.Name{
		"", "x", "short/1-0", "5GQFODh5bI/", "../../etc1/1-0", "5GQFODh5bI/..", "5GQFODh5bI/1/0",
	} {
		if _, _, err := bad.Split(); !fault.Is(err, fault.Internal) {
			t.Errorf("%q: got %v, want internal", bad, err)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, diskShape)
	h.limits.MaxSize = 1000
	h.limits.Quota.Open = 2
	e := h.node("a")
	good := storage.New{Community: community, Owner: owner, Length: 1000, Type: "image/PNG", Name: "me.png"}
	for _, c := range []struct {
		name   string
		change func(*storage.New)
		want   fault.Kind
	}{
		{"no bytes", func(n *storage.New) { n.Length = 0 }, fault.Invalid},
		{"fewer than none", func(n *storage.New) { n.Length = -5 }, fault.Invalid},
		{"too many bytes", func(n *storage.New) { n.Length = 1001 }, fault.TooLarge},
		{"no name", func(n *storage.New) { n.Name = "" }, fault.Invalid},
		{"a hostile request id", func(n *storage.New) { n.Request = "a\nb" }, fault.Invalid},
		{"first", func(*storage.New) {}, 0},
		{"second", func(n *storage.New) { n.Request = "r1" }, 0},
		{"the second again", func(n *storage.New) { n.Request = "r1" }, 0},
		{"one too many", func(*storage.New) {}, fault.TooMany},
	} {
		n := good
		c.change(&n)
		u, err := e.Create(bg, n)
		if fault.Of(err) != c.want {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if err == nil && (u.Type != "image/png" || u.State != storage.Active || u.Offset != 0) {
			t.Errorf("%s: got %+v", c.name, u)
		}
	}
}
