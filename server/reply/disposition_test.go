package reply_test

import (
	"strings"
	"testing"

	"cameo/server/reply"
)

func TestContentDisposition(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, want string }{
		{"plain", "me.png", `attachment; filename="me.png"`},
		{"space", "my photo (1).png", `attachment; filename="my photo (1).png"`},
		{"quotes", `a "b" c.png`, `attachment; filename="a _b_ c.png"; filename*=UTF-8''a%20%22b%22%20c.png`},
		{"semicolon", "a;b.png", `attachment; filename="a_b.png"; filename*=UTF-8''a%3Bb.png`},
		{"percent", "100%41.png", `attachment; filename="100_41.png"; filename*=UTF-8''100%2541.png`},
		{"CR LF", "a\r\nSet-Cookie: x=1.png", `attachment; filename="aSet-Cookie: x=1.png"`},
		{"NUL and other controls", "a\x00\x1b[31m\x7f\u0085b.png", `attachment; filename="a[31mb.png"`},
		{"RTLO", "photo\u202Egnp.exe", `attachment; filename="photognp.exe"`},
		{"isolates and marks", "\u2066a\u2069\u200F\u061C\u2028.png", `attachment; filename="a.png"`},
		{"latin", "Käse.png", `attachment; filename="K_se.png"; filename*=UTF-8''K%C3%A4se.png`},
		{"emoji", "🦊.png", `attachment; filename="_.png"; filename*=UTF-8''%F0%9F%A6%8A.png`},
		{"bad UTF-8", "a\xff\xfeb.png", `attachment; filename="a_b.png"`},
		{"leading dots", "..htaccess", `attachment; filename="htaccess"`},
		{"trailing dots and spaces", "me.png. . ", `attachment; filename="me.png"`},
		{"climb", "../../x", `attachment; filename="x"`},
		{"climb to nothing", "../..", `attachment; filename="download"`},
		{"folder", "a/", `attachment; filename="download"`},
		{"empty", "", `attachment; filename="download"`},
		{"drive", `C:\\x`, `attachment; filename="x"`},
		{"drive mixed", `C:\a/b\x.png`, `attachment; filename="x.png"`},
		{"encoded slash", "a%2f..%2fb", `attachment; filename="a_2f.._2fb"; filename*=UTF-8''a%252f..%252fb`},
		{"device", "CON", `attachment; filename="_CON"`},
		{"device with extension", "con.tar.png", `attachment; filename="_con.tar.png"`},
		{"device port", "LPT9.png", `attachment; filename="_LPT9.png"`},
		{"device port in superscript", "com¹", `attachment; filename="_com_"; filename*=UTF-8''_com%C2%B9`},
		{"no device", "COM10.png", `attachment; filename="COM10.png"`},
		{"leading dash", "-rf.png", `attachment; filename="-rf.png"`},
		{"attr-char", "a!#$&+-.^_`|~'()*ä", `attachment; filename="a!#$&+-.^_` + "`" + `|~'()*_"; filename*=UTF-8''a!#$&+-.^_` + "`" + `|~%27%28%29%2A%C3%A4`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := reply.ContentDisposition("attachment", test.file); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
	if got, want := reply.ContentDisposition("inline", "a.gif"), `inline; filename="a.gif"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestContentDispositionOfALongNameIsBounded(t *testing.T) {
	t.Parallel()
	got := reply.ContentDisposition("attachment", strings.Repeat("ä", 5000))
	want := `attachment; filename="` + strings.Repeat("_", 127) + `"; filename*=UTF-8''` + strings.Repeat("%C3%A4", 127)
	if got != want {
		t.Errorf("%d bytes %q, want %d bytes", len(got), got, len(want))
	}
}

// FuzzContentDisposition: whatever the name, the value is one line of ASCII with the one pair of quotes.
func FuzzContentDisposition(f *testing.F) {
	for _, s := range []string{"a\r\nb", `"`, `\"`, "..", "\u202E", "CON", "%00", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := reply.ContentDisposition("inline", name)
		for _, c := range []byte(got) {
			if c < ' ' || c > '~' {
				t.Errorf("%q has byte %#x", got, c)
			}
		}
		if n := strings.Count(got, `"`); n != 2 {
			t.Errorf("%q has %d quotes, want 2", got, n)
		}
		if strings.ContainsAny(got, `/\`) {
			t.Errorf("%q holds a path", got)
		}
	})
}
