package salesforce_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage/sqldb"
)

// addresses are the properties of the resource that name a picture.
var addresses = [...]string{
	"largePhotoUrl", "mediumPhotoUrl", "smallPhotoUrl", "fullEmailPhotoUrl", "standardEmailPhotoUrl",
}

// What is smaller than a size is shown as large as it is.
func TestNothingIsEnlarged(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, one := range []struct {
		name, crop string
		want       string
	}{
		{"the whole of it", "", "100x50 100x50 50x50 100x50 45x45"},
		{"a crop", `{"cropX":5,"cropY":5,"cropSize":40}`, "40x40 40x40 40x40 40x40 40x40"},
		{"the smallest crop", `{"cropX":84,"cropY":34,"cropSize":16}`, "16x16 16x16 16x16 16x16 16x16"},
	} {
		parts := []string{binaryPart("fileUpload", string(quarters(t, 100, 50)))}
		if one.crop != "" {
			parts = append(parts, rich("json", one.crop))
		}
		if got := c.post(parts...); got.StatusCode != 201 {
			t.Fatalf("%s: got %v", one.name, got)
		}
		c.ready("jane", "ready")
		r := c.want(200, "GET", photo, nil).resource(t)
		var got []string
		for _, name := range addresses {
			size := c.picture(r[name].(string)).Bounds().Size()
			got = append(got, fmt.Sprintf("%dx%d", size.X, size.Y))
		}
		if got := strings.Join(got, " "); got != one.want {
			t.Errorf("%s: got %s, want %s", one.name, got, one.want)
		}
	}
}

// change changes the instance's database.
func (c *caller) change(statements ...string) {
	c.Helper()
	db, err := sqldb.Open(c.Context(), sqldb.Config{Path: filepath.Join(c.at.Data, "cameo.db")})
	if err != nil {
		c.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(c.Context(), statement); err != nil {
			c.Fatal(err)
		}
	}
}

// hold keeps the worker from photos that are set from now on, until release: they are due in an hour.
func (c *caller) hold() {
	c.Helper()
	c.change(`CREATE TRIGGER held AFTER INSERT ON photos BEGIN
		UPDATE photos SET due = due + 3600000 WHERE version = NEW.version; END`)
}

func (c *caller) release() {
	c.Helper()
	c.change(`DROP TRIGGER held`, `UPDATE photos SET due = 1 WHERE state = 1`)
}

// quarter sets a photo that shows one quarter of a picture, and returns what is told of it.
func (c *caller) quarter(picture []byte, n int) map[string]any {
	c.Helper()
	got := c.post(binaryPart("fileUpload", string(picture)),
		rich("json", fmt.Sprintf(`{"cropX":%d,"cropY":%d,"cropSize":200}`, n%2*200, n/2*200)))
	if got.StatusCode != 201 {
		c.Fatalf("got %v", got)
	}
	return got.resource(c.T)
}

// wantShown wants the addresses of a photo to show a quarter, or of -1 the default picture, and to be kept so.
func (c *caller) wantShown(what string, told map[string]any, n int, keep string) {
	c.Helper()
	stranger := &caller{c.T, c.at, ""}
	for i, size := range []string{"F", "M", "T"} {
		at := told[addresses[i]].(string)
		got := stranger.want(200, "GET", at, nil)
		if kept := got.Header.Get("Cache-Control"); kept != keep {
			c.Errorf("%s, %s: got Cache-Control %q, want %q", what, size, kept, keep)
		}
		if n < 0 {
			standard := stranger.want(200, "GET", "/profilephoto/005/"+size, nil)
			if string(got.body) != string(standard.body) {
				c.Errorf("%s, %s: got another picture than the default one", what, size)
			}
			continue
		}
		img := stranger.picture(at)
		if side := img.Bounds().Dx(); side != []int{200, 160, 64}[i] || !like(img.At(side/2, side/2), colours[n]) {
			c.Errorf("%s, %s: got %v, %v, want quarter %d", what, size, img.Bounds(), img.At(side/2, side/2), n)
		}
	}
}

// Until a photo is ready, and where it never will be, its addresses show the one before, and for a moment only.
func TestUntilAPhotoIsReady(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		photos        boot.Audience
		shortly, ever string
	}{
		{"public", "public, max-age=10", "public, max-age=31536000, immutable"},
		{"members", "private, max-age=10", ""},
	} {
		t.Run(string(one.photos), func(t *testing.T) {
			t.Parallel()
			c := start(t, servertest.Configured(func(cfg *boot.Config) { cfg.Photos = one.photos }))
			picture := quarters(t, 400, 400)
			broken := append([]byte{}, picture...)
			for n := range 30 { // of its compressed pixels
				broken[len(broken)/2+n] ^= 0xff
			}
			c.hold()
			failed := c.quarter(broken, 3)
			c.wantShown("a first photo that will fail", failed, -1, "public, max-age=10")
			c.release()
			c.ready("jane", "failed")
			c.wantShown("a first photo that has failed", failed, -1, "public, max-age=10")

			c.hold()
			first := c.quarter(picture, 0)
			c.wantShown("a first photo", first, -1, "public, max-age=10")
			c.release()
			c.ready("jane", "ready")

			c.hold()
			second := c.quarter(picture, 1)
			c.wantShown("a second photo", second, 0, one.shortly)
			c.release()
			c.ready("jane", "ready")
			if one.ever != "" {
				c.wantShown("a second photo that is ready", second, 1, one.ever)
			}

			failed = c.quarter(broken, 2)
			c.ready("jane", "failed")
			c.wantShown("a photo that has failed", failed, 1, one.shortly)
		})
	}
}
