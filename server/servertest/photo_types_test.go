package servertest_test

import (
	"image"
	"net/http"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// A09 and A12: what is no picture, or another one than was declared, is refused at its last byte or before, and nothing
// of it is kept. A picture's type has more than one name.
func TestA12TheDeclaredTypeMustHold(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	jpg, png := jpegOf(t, img), pngOf(t, img)
	const script = "<script>alert(1)</script>"
	svg := []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">` + script + `</svg>`)
	for _, c := range []struct {
		name, declared string
		file           []byte
		created        int
		uploaded       int // 0: there is nothing to upload to
		reason         string
	}{
		{"a JPEG", "image/jpeg", jpg, http.StatusCreated, http.StatusOK, ""},
		{"a JPEG by its other name", "image/jpg", jpg, http.StatusCreated, http.StatusOK, ""},
		{"a JPEG in capitals", "IMAGE/JPEG", jpg, http.StatusCreated, http.StatusOK, ""},
		{"a JPEG with a parameter", "image/jpeg; q=1", jpg, http.StatusCreated, http.StatusOK, ""},
		{"a PNG that is a JPEG", "image/png", jpg, http.StatusCreated, http.StatusUnsupportedMediaType, "type_mismatch"},
		{"a JPEG that is a PNG", "image/jpeg", png, http.StatusCreated, http.StatusUnsupportedMediaType, "type_mismatch"},
		{"a WebP that is a PNG", "image/webp", png, http.StatusCreated, http.StatusUnsupportedMediaType, "type_mismatch"},
		{"no type", "", jpg, http.StatusUnprocessableEntity, 0, ""},
		{"SVG as a PNG", "image/png", svg, http.StatusCreated, http.StatusUnsupportedMediaType, "not_an_image"},
		{"HTML as a PNG", "image/png", []byte("<!DOCTYPE html>" + script), http.StatusCreated, http.StatusUnsupportedMediaType, "not_an_image"},
		{"XML as a PNG", "image/png", []byte("<?xml version='1.0'?><a/>"), http.StatusCreated, http.StatusUnsupportedMediaType, "not_an_image"},
		{"SVG", "image/svg+xml", svg, http.StatusUnsupportedMediaType, 0, ""},
		{"HTML", "text/html", []byte(script), http.StatusUnsupportedMediaType, 0, ""},
		{"XML", "application/xml", svg, http.StatusUnsupportedMediaType, 0, ""},
	} {
		created := g.want(c.name, g.declare("me", c.declared, int64(len(c.file))), c.created)
		if c.uploaded == 0 {
			continue
		}
		key := keyOf(created)
		uploaded := g.want(c.name, g.bring(key, c.declared, c.file), c.uploaded)
		if !strings.Contains(string(uploaded.body), c.reason) {
			t.Errorf("%s: got %s, want the reason %q", c.name, uploaded.body, c.reason)
		}
		if c.uploaded == http.StatusOK {
			g.present(c.name, key)
			if d := g.photoOf(c.name); d.State != "ready" {
				t.Errorf("%s: got %+v, want a photo", c.name, d)
			}
			continue
		}
		at := attachments + "/" + key + "/association/" + string(servertest.Person(c.name)) + "?type=ProfilePhoto"
		g.want(c.name+" as a photo", g.ask(http.MethodPost, at, nil, nil), http.StatusUnsupportedMediaType)
		g.want(c.name+" back", g.ask(http.MethodGet, "/.api2/binaries/"+key+"/download/me", nil, nil), http.StatusNotFound)
		if n := rows(t, g.at.Data, "SELECT COUNT(*) FROM extents WHERE key = '"+key+"'"); n[0] != "0" {
			t.Errorf("%s: %s runs of bytes are kept, want none", c.name, n[0])
		}
	}
}
