package servertest_test

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// What is declared and can never be a photo is refused before a byte of it goes, in each dialect's own shape.
func TestWhatCannotBeAPhotoIsRefusedAtItsCreation(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxPhoto = most }))
	jane, me := callInstance(t, i), string(servertest.Person("jane"))
	tus := func(kind string, n int, rest ...string) (string, http.Header) {
		told := []string{"filetype " + base64.StdEncoding.EncodeToString([]byte(kind))}
		if len(rest) > 0 {
			told = append(told, "type "+base64.StdEncoding.EncodeToString([]byte(rest[0])),
				"objectId "+base64.StdEncoding.EncodeToString([]byte(me)))
		}
		return "/v1/communities/1/tus/", http.Header{
			"Tus-Resumable": {"1.0.0"}, "Upload-Length": {strconv.Itoa(n)}, "Upload-Metadata": {strings.Join(told, ",")},
		}
	}
	draft := func(kind string, n int, query string) (string, http.Header) {
		return "/v1/communities/1/uploads" + query, http.Header{
			"Upload-Complete": {"?0"}, "Upload-Length": {strconv.Itoa(n)}, "Content-Type": {kind},
		}
	}
	wish := "?type=ProfilePhoto&objectId=" + me
	large := "the picture's file has 2 MB; a photo may have 1 MiB"
	for name, tt := range map[string]struct {
		ask    func() (string, http.Header)
		status int
		says   []string
	}{
		"draft, too large": {
			func() (string, http.Header) { return draft("image/png", 2e6, wish) }, 413, []string{`"too_large"`, large},
		},
		"draft, just fits":             {func() (string, http.Header) { return draft("image/png", most, wish) }, 201, nil},
		"draft, large, nobody's photo": {func() (string, http.Header) { return draft("image/png", 2e6, "") }, 201, nil},
		"draft, HEIC": {
			func() (string, http.Header) { return draft("image/heic", 1000, "") }, 415, []string{`"unsupported_format"`, "send it as JPEG"},
		},
		"tus, too large": {
			func() (string, http.Header) { return tus("image/png", 2e6, "ProfilePhoto") }, 413, []string{"too_large: " + large},
		},
		"tus, large, nobody's photo": {func() (string, http.Header) { return tus("image/png", 2e6) }, 201, nil},
		"tus, AVIF": {
			func() (string, http.Header) { return tus("image/avif", 1000) }, 415, []string{"unsupported_format: ", "send it as JPEG"},
		},
	} {
		at, head := tt.ask()
		got := jane.want(name, jane.ask(http.MethodPost, at, head, nil), tt.status)
		if limit := got.header.Get("Upload-Limit"); strings.Contains(name, "draft, too") && !strings.HasPrefix(limit, "max-size=1048576,") {
			t.Errorf("%s: got the limit %q, want that of a photo", name, limit)
		}
		for _, says := range tt.says {
			if !strings.Contains(string(got.body), says) {
				t.Errorf("%s: got %s, want %q in it", name, got, says)
			}
		}
	}
	for _, kind := range []string{"image/heic", "image/heif"} {
		got := jane.want(kind, jane.declare("me", kind, 1000), 415)
		for _, says := range []string{`"unsupported_format"`, `"ContentType"`, "send it as JPEG"} {
			if !strings.Contains(string(got.body), says) {
				t.Errorf("Igloo, %s: got %s, want %q in it", kind, got, says)
			}
		}
	}
	for query, want := range map[string]string{"": "max-size=536870912,", "?type=profilephoto": "max-size=1048576,"} {
		got := jane.ask(http.MethodOptions, "/v1/communities/1/uploads"+query, nil, nil)
		if limit := got.header.Get("Upload-Limit"); !strings.HasPrefix(limit, want) {
			t.Errorf("OPTIONS%s: got the limit %q, want %s…", query, limit, want)
		}
	}
}
