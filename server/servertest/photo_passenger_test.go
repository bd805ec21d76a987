package servertest_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color/palette"
	"image/gif"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path"
	"strings"
	"sync"
	"testing"

	"cameo/server/servertest"
)

// A08: pictures that are programs as well come back as pictures only. No byte of the program is served, the headers leave
// no doubt of what it is, and a browser that opens each answer runs no script.
func TestA08PolyglotsArePicturesOnly(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	g, canary := newGallery(t), &canary{}
	yard := httptest.NewUnstartedServer(canary)
	t.Cleanup(yard.Close)
	at := "http://" + yard.Listener.Addr().String()
	payload := fmt.Sprintf("<script>new Image().src='%s/ran'</script>SECRET<?php system('id') ?>", at)
	canary.control = append([]byte("<!DOCTYPE html>"), polyglots(t, payload)["HTML in a JPEG's comment"]...)
	for name, file := range polyglots(t, payload) {
		d := g.show(name, http.DetectContentType(file), file)
		for at, got := range g.served(d) {
			wantPictureOnly(t, name+" at "+at, got)
		}
		for what, file := range g.made(d) {
			wantNoPassenger(t, name+" as "+what, file)
		}
		for _, at := range d.addresses() {
			canary.frames = append(canary.frames, g.url()+at)
		}
	}
	yard.Start()
	if out := visit(t, browser, at+"/pictures"); strings.Count(out, "</iframe>") != len(canary.frames) {
		t.Fatalf("chromium has not opened the page: %s", out)
	}
	if n := canary.ran(); n > 0 {
		t.Errorf("chromium ran a script in %d of %d answers", n, len(canary.frames))
	}
	if out := visit(t, browser, at+"/control"); canary.ran() == 0 {
		t.Errorf("chromium ran no script in a file that was served as it was sent, so it shows nothing: %.300s", out)
	}
}

// visit opens a page in a browser and returns what it has become.
func visit(t *testing.T, browser, at string, flags ...string) string {
	t.Helper()
	flags = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + t.TempDir(),
		"--virtual-time-budget=20000", "--dump-dom",
	}, append(flags, at)...)
	out, err := exec.CommandContext(t.Context(), browser, flags...).Output()
	if err != nil {
		t.Fatalf("chromium: %v: %s", err, out)
	}
	return string(out)
}

// polyglots are pictures with a payload in them.
func polyglots(t *testing.T, payload string) map[string][]byte {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, 64, 64), palette.Plan9)
	jpg, png := jpegOf(t, img), pngOf(t, img)
	var b bytes.Buffer
	if err := gif.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"HTML in a JPEG's comment": withSegment(jpg, 0xFE, payload),
		"PHP in EXIF":              withEXIF(jpg, append(exifOf(1), payload...)),
		"XMP":                      withSegment(jpg, 0xE1, "http://ns.adobe.com/xap/1.0/\x00"+payload),
		"a PDF behind a JPEG":      append(bytes.Clone(jpg), "%PDF-1.7\n"+payload...),
		"an archive behind a PNG":  append(bytes.Clone(png), "PK\x03\x04"+payload...),
		"HTML behind a PNG":        append(bytes.Clone(png), payload...),
		"an archive behind a GIF":  append(bytes.Clone(b.Bytes()), "PK\x03\x04"+payload...),
	}
}

// wantPictureOnly wants an answer to be a picture and nothing else, to every reader.
func wantPictureOnly(t *testing.T, what string, got answer) {
	t.Helper()
	wantNoPassenger(t, what, got.body)
	kind := got.header.Get("Content-Type")
	if is := http.DetectContentType(got.body); is != kind {
		t.Errorf("%s: the type is said to be %s and is %s", what, kind, is)
	}
	if got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: browsers may guess the type", what)
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") {
		t.Errorf("%s: got the policy %q", what, policy)
	}
}

func wantNoPassenger(t *testing.T, what string, file []byte) {
	t.Helper()
	for _, word := range []string{"SECRET", "script", "<?php", "%PDF", "PK\x03\x04"} {
		if bytes.Contains(file, []byte(word)) {
			t.Errorf("%s: it holds %q", what, word)
		}
	}
}

// canary is a site whose page opens pictures in frames, and that hears of each script which runs in one.
type canary struct {
	frames  []string
	control []byte // served as HTML, as a careless server would
	mu      sync.Mutex
	heard   int
}

// ServeHTTP is http.Handler's.
func (c *canary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path.Base(r.URL.Path) {
	case "ran":
		c.mu.Lock()
		c.heard++
		c.mu.Unlock()
	case "pictures":
		w.Header().Set("Content-Type", "text/html")
		for _, at := range c.frames {
			fmt.Fprintf(w, "<iframe src=%q></iframe>\n", at)
		}
	case "control":
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(c.control)
	}
}

func (c *canary) ran() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard
}

// chromium is the path of a browser, see servertest.Require.
func chromium(t *testing.T) string {
	t.Helper()
	found, err := exec.LookPath("chromium")
	servertest.Require(t, "browser", err == nil, "Debian's chromium is not installed")
	return found
}
