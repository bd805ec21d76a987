package servertest_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// A page shows all that is served of a photo, and all that was made of it, and a browser shows each of them the right way
// up: the four corners of the picture are where they belong. The file was sent lying on its side.
func TestABrowserShowsEachPictureTheRightWayUp(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	g := newGallery(t)
	d := g.show("jane", "image/jpeg", cornered(t, 400, 300, 6))
	made := g.made(d)
	pictures := d.addresses()
	for i, at := range pictures {
		pictures[i] = g.url() + at
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		pictures = append(pictures, "/made/"+name)
	}
	const box, columns = 60, 8
	rowsOfBoxes := (len(pictures) + columns - 1) / columns
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file, ok := made[path.Base(r.URL.Path)]; ok {
			w.Header().Set("Content-Type", "image/"+path.Ext(r.URL.Path)[1:])
			_, _ = w.Write(file)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		for i, at := range pictures {
			fmt.Fprintf(w, "<img src=%q style='position:absolute;left:%dpx;top:%dpx;width:%dpx;height:%dpx'>",
				at, i%columns*box, i/columns*box, box, box)
		}
	}))
	t.Cleanup(page.Close)
	shot := filepath.Join(t.TempDir(), "shot.png")
	visit(t, browser, page.URL, "--screenshot="+shot, "--hide-scrollbars", "--force-device-scale-factor=1",
		fmt.Sprintf("--window-size=%d,%d", box*columns, box*rowsOfBoxes+200))
	file, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	whole, ok := seen.(interface {
		SubImage(r image.Rectangle) image.Image
	})
	if !ok {
		t.Fatalf("the screenshot is a %T", seen)
	}
	for i, at := range pictures {
		corner := image.Pt(i%columns*box, i/columns*box)
		wantUpright(t, at, whole.SubImage(image.Rectangle{Min: corner, Max: corner.Add(image.Pt(box, box))}))
	}
}
