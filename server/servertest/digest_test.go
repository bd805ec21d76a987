package servertest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"path"
	"testing"

	"cameo/server/servertest"
)

// Whichever protocol has brought a file, its SHA-256 can be asked for in each of them, and is kept from then on.
func TestSHA256OfEveryUpload(t *testing.T) {
	t.Parallel()
	const size = 50_000
	jane, content := callInstance(t, servertest.Start(t)), servertest.Picture("me.png", size)
	sum := sha256.Sum256(content)
	want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	whole := func(lines ...string) string {
		h := resumableHead(append(lines, "Content-Type: image/png", "Upload-Complete: ?1")...)
		return jane.want("whole", jane.ask(http.MethodPost, resumableUploads, h, content), http.StatusCreated).header.Get("Location")
	}
	for name, send := range map[string]func() string{
		"Content-Range": func() string {
			key := jane.create(size)
			jane.want("patch", jane.patch(key, content, 0, size), http.StatusOK)
			return key
		},
		"tus": func() string { return jane.tusCreate(size, content, tusPNG) },
		"tus, in parts": func() string {
			a := jane.tusCreate(100, content[:100], "Upload-Concat: partial")
			b := jane.tusCreate(size-100, content[100:], "Upload-Concat: partial")
			h := tusHead("Upload-Concat: final;"+a+" "+b, tusPNG)
			h.Del("Content-Type")
			return jane.want("join", jane.ask(http.MethodPost, tusUploads, h, nil), http.StatusCreated).header.Get("Location")
		},
		"resumable":           func() string { return whole() },
		"resumable, declared": func() string { return whole("Repr-Digest: " + want) },
	} {
		for _, ask := range []struct {
			method, at, name string
			status           int
		}{
			{http.MethodHead, tusUploads, "", http.StatusOK},
			{http.MethodGet, tusUploads, "", http.StatusOK},
			{http.MethodHead, resumableUploads + "/", "", http.StatusNoContent},
			{http.MethodGet, "/.api2/binaries/", "/download/me.png", http.StatusOK},
		} {
			key := path.Base(send())
			h := tusHead("Want-Repr-Digest: sha-256=1")
			h.Del("Content-Type")
			got := jane.want(name, jane.ask(ask.method, ask.at+key+ask.name, h, nil), ask.status)
			h.Del("Want-Repr-Digest")
			again := jane.want(name, jane.ask(ask.method, ask.at+key+ask.name, h, nil), ask.status)
			for _, have := range []string{got.header.Get("Repr-Digest"), again.header.Get("Repr-Digest")} {
				if have != want {
					t.Errorf("%s, %s %s: got %q, want %q", name, ask.method, ask.at, have, want)
				}
			}
		}
	}
}
