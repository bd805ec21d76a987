package photos_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"

	"cameo/association"
	"cameo/association/directory"
	"cameo/server/servertest"
)

const chromium = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

func TestTheFormatOfADefaultPicture(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	for _, c := range []struct {
		name, query, accept, want string
		status                    int
	}{
		{"nothing said", "", "", "image/svg+xml", 200},
		{"anything", "", "*/*", "image/svg+xml", 200},
		{"Chromium", "", chromium, "image/svg+xml", 200},
		{"Firefox", "", "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "image/svg+xml", 200},
		{"a program that shows PNG", "", "image/png", "image/png", 200},
		{"one that shows others too", "", "image/png,image/*;q=0.5", "image/png", 200},
		{"asked for SVG", "?format=svg", "image/png", "image/svg+xml", 200},
		{"asked for PNG", "?format=png", chromium, "image/png", 200},
		{"asked for PNG, blank", "?format=png&default=blank&size=48", "", "image/png", 200},
		{"asked for another", "?format=gif", "", "application/problem+json", 400},
	} {
		got := ask(t, s, "GET", photoOf("nobody")+c.query, "", "Accept", c.accept)
		if got.StatusCode != c.status || got.Header.Get("Content-Type") != c.want {
			t.Errorf("%s: got %s %s, want %d %s", c.name, got.Status, got.Header.Get("Content-Type"), c.status, c.want)
		}
		if tag := got.Header.Get("ETag"); c.status == 200 {
			again := ask(t, s, "GET", photoOf("nobody")+c.query, "", "Accept", c.accept, "If-None-Match", tag)
			if again.StatusCode != 304 || tag == "" {
				t.Errorf("%s: revalidated by %s: got %s, want 304", c.name, tag, again.Status)
			}
		}
	}
}

// Both formats show the same: one field of a person's own colour, and something white in its middle.
func TestADefaultPictureInPixels(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	names := map[string]string{
		"latin": "Jane Doe", "greek": "Ωμέγα", "cyrillic": "Юрий Гагарин", "far": "山田 太郎", "marked": "<Q> & \"R\"", "none": "",
	}
	for who, name := range names {
		if name == "" {
			continue
		}
		err := s.Instance.Node().Directory.AddUser(t.Context(), directory.User{
			Community: 1, GUID: servertest.Person(who), Name: name, Password: "long enough, and no other's",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for who := range names {
		for _, size := range append(association.Sizes(), 0) {
			query := ""
			if size > 0 {
				query = fmt.Sprintf("&size=%d", size)
			}
			svg := ask(t, s, "GET", photoOf(who)+"?format=svg"+query, "").body
			body := ask(t, s, "GET", photoOf(who)+"?format=png"+query, "").body
			m, err := png.Decode(strings.NewReader(body))
			if err != nil {
				t.Fatalf("%s: %v", who, err)
			}
			if size == 0 {
				size = association.DefaultSize
			}
			if b := m.Bounds(); b != image.Rect(0, 0, size, size) {
				t.Errorf("%s: got %v, want %d", who, b, size)
			}
			r, g, b, _ := m.At(0, 0).RGBA()
			if field := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8); !strings.Contains(svg, field) {
				t.Errorf("%s: the corner is %s, which is not in %s", who, field, svg)
			}
			wantWhite(t, who, m)
		}
	}
	same := map[string]int{}
	for who := range names {
		same[ask(t, s, "GET", photoOf(who)+"?format=png", "").body]++
	}
	if len(same) < len(names)-1 { // two may share a colour, and both have no letters
		t.Errorf("%d people have %d pictures", len(names), len(same))
	}
}

// wantWhite wants a good part of the picture to be white, about as much on its left as on its right.
func wantWhite(t *testing.T, who string, m image.Image) {
	t.Helper()
	b := m.Bounds()
	var left, right int
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, blue, _ := m.At(x, y).RGBA()
			switch white := min(r, g, blue) > 0xc000; {
			case white && x < b.Dx()/2:
				left++
			case white:
				right++
			}
		}
	}
	if all := b.Dx() * b.Dy(); left*100 < all || right*100 < all {
		t.Errorf("%s at %d: %d and %d of %d pixels are white", who, b.Dx(), left, right, all)
	}
}

func TestABlankPictureIsTransparent(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	m, err := png.Decode(bytes.NewReader([]byte(ask(t, s, "GET", photoOf("nobody")+"?format=png&default=blank", "").body)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, alpha := m.At(128, 128).RGBA(); alpha != 0 || m.Bounds().Dx() != 256 {
		t.Errorf("got alpha %d in %v", alpha, m.Bounds())
	}
}
