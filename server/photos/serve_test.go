package photos_test

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/jpeg" // what is served
	_ "image/png"
	"strings"
	"testing"

	_ "golang.org/x/image/webp"

	"cameo/server/servertest"
)

// tellOfJane tells of a photo of jane, and returns the addresses of its renditions by size.
func tellOfJane(t *testing.T) (*servertest.Story, map[string]string) {
	t.Helper()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 4000).Send(0, 4000).Associate("jane").WantReady("jane")
	var told struct{ URLs map[string]string }
	if err := json.Unmarshal([]byte(ask(t, s, "GET", photoOf("jane"), "", "Accept", "application/json").body), &told); err != nil {
		t.Fatal(err)
	}
	return s, told.URLs
}

func TestTheFormatIsNegotiated(t *testing.T) {
	t.Parallel()
	s, urls := tellOfJane(t)
	tags := map[string]string{}
	for _, c := range []struct{ name, path, accept, want string }{
		{"nothing said", urls["128"], "", "jpeg"},
		{"a browser", urls["128"], "image/avif,image/webp,*/*;q=0.8", "webp"},
		{"refused", urls["128"], "image/webp;q=0, */*", "jpeg"},
		{"liked less", urls["128"], "image/jpeg, image/webp;q=0.3", "jpeg"},
		{"too large for it", urls["1024"], "image/webp", "jpeg"},
		{"wide", urls["w160"], "image/webp", "webp"},
		{"the current one", photoOf("jane") + "?size=128", "image/webp", "webp"},
		{"the current one, nothing said", photoOf("jane") + "?size=128", "", "jpeg"},
	} {
		got := ask(t, s, "GET", c.path, "", "Accept", c.accept)
		_, format, err := image.DecodeConfig(bytes.NewReader([]byte(got.body)))
		if err != nil || format != c.want || got.Header.Get("Content-Type") != "image/"+c.want {
			t.Errorf("%s: got %s as %s (%v), want %s", c.name, format, got.Header.Get("Content-Type"), err, c.want)
		}
		if vary := got.Header.Get("Vary"); vary != "Accept" {
			t.Errorf("%s: Vary: got %q, want Accept", c.name, vary)
		}
		if c.path == urls["128"] {
			tags[format] = got.Header.Get("ETag")
		}
	}
	if tags["jpeg"] == tags["webp"] {
		t.Errorf("two formats have the same ETag %s", tags["jpeg"])
	}
	if got := ask(t, s, "GET", urls["128"], "", "Accept", "image/webp", "If-None-Match", tags["jpeg"]); got.StatusCode != 200 {
		t.Errorf("the ETag of the JPEG for the WebP: got %s, want 200", got.Status)
	}
}

func TestARepeatedRequestIsAnsweredShortly(t *testing.T) {
	t.Parallel()
	s, urls := tellOfJane(t)
	for _, path := range []string{urls["64"], urls["full"], photoOf("jane")} {
		first := ask(t, s, "GET", path, "")
		tag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
		for _, c := range []struct {
			name, header, value string
			status              int
		}{
			{"the same bytes", "If-None-Match", tag, 304},
			{"one of two", "If-None-Match", `"x", W/` + tag, 304},
			{"other bytes", "If-None-Match", `"x"`, 200},
			{"not modified", "If-Modified-Since", modified, 304},
			{"modified", "If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT", 200},
		} {
			for _, method := range []string{"GET", "HEAD"} {
				got := ask(t, s, method, path, "", c.header, c.value)
				if got.StatusCode != c.status || got.Header.Get("ETag") != tag || got.Header.Get("Vary") != "Accept" ||
					got.Header.Get("Cache-Control") != first.Header.Get("Cache-Control") {
					t.Errorf("%s %s, %s: got %s %s, want %d", method, path, c.name, got.Status, got.Header, c.status)
				}
				if (method == "HEAD" || c.status == 304) != (got.body == "") {
					t.Errorf("%s %s, %s: got %d bytes", method, path, c.name, len(got.body))
				}
			}
		}
		head := ask(t, s, "HEAD", path, "")
		if head.ContentLength != first.ContentLength || head.Header.Get("Last-Modified") != modified {
			t.Errorf("HEAD %s: got %s, want what GET says: %s", path, head.Header, first.Header)
		}
	}
}

func TestEveryAddressShowsWhatItNames(t *testing.T) {
	t.Parallel()
	s, urls := tellOfJane(t)
	if len(urls) != 19 {
		t.Fatalf("got %d addresses", len(urls))
	}
	for size, path := range urls {
		got := ask(t, s, "GET", path, "")
		if got.StatusCode != 200 || got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: got %s %s", size, got.Status, got.Header)
		}
		// The source has 64 by 64 pixels: what is larger answers that.
		want := map[string]int{"45": 45, "48": 48}[size]
		if want == 0 {
			want = 64
		}
		m, _, err := image.DecodeConfig(bytes.NewReader([]byte(got.body)))
		if err != nil || m.Width != want || m.Height != want {
			t.Errorf("%s: got %d by %d (%v), want %d", size, m.Width, m.Height, err, want)
		}
	}
	if got := ask(t, s, "GET", strings.Replace(urls["45"], "/45?", "/72?", 1), ""); got.StatusCode != 200 ||
		got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("on demand: got %s %s", got.Status, got.Header)
	}
	for _, size := range []string{"w45", "w", "full2", "w1600"} {
		if got := ask(t, s, "GET", urls["45"][:len(urls["45"])-len("45?r=2")]+size, ""); got.StatusCode != 400 {
			t.Errorf("%s: got %s, want 400", size, got.Status)
		}
	}
	if got := ask(t, s, "DELETE", photoOf("jane"), "jane"); got.StatusCode != 204 {
		t.Fatalf("removing: got %s", got.Status)
	}
	for size, path := range urls {
		if got := ask(t, s, "GET", path, ""); got.StatusCode != 404 || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s after the photo was removed: got %s %s, want 404, no-store", size, got.Status, got.Header)
		}
	}
}
