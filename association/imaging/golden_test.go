package imaging_test

import (
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cameo/association/imaging"
	"cameo/association/imaging/imagingtest"
	"cameo/storage/fault"
)

// goPictures are the pictures that the Go tree's own decoders are tested with.
func goPictures(t testing.TB) []string {
	t.Helper()
	said, err := exec.Command("go", "env", "GOROOT").Output()
	must(t, err)
	tree := filepath.Join(strings.TrimSpace(string(said)), "src", "image")
	var all []string
	for _, pattern := range []string{"testdata/*.*", "png/testdata/pngsuite/*.png"} {
		found, err := filepath.Glob(filepath.Join(tree, pattern))
		must(t, err)
		all = append(all, found...)
	}
	if len(all) < 60 {
		t.Fatalf("there are %d pictures below %s, want more than 60", len(all), tree)
	}
	return all
}

// Every picture of the Go tree is either read as the standard library reads it, or refused for a reason that
// is known here.
func TestThePicturesOfTheGoTree(t *testing.T) {
	t.Parallel()
	refused := map[string]imaging.Reason{
		"video-001.cmyk.jpeg": imaging.UnsupportedColour,
	}
	for _, path := range goPictures(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			file, err := os.ReadFile(path)
			must(t, err)
			_, got, err := renderer().Unencoded(t.Context(), file)
			if want, ok := refused[filepath.Base(path)]; ok {
				wantReason(t, err, want)
				return
			}
			must(t, err)
			kind := strings.TrimPrefix(filepath.Ext(path), ".")
			want := decodedAs(t, "image/"+kind, file)
			if got.Bounds().Size() != want.Bounds().Size() {
				t.Fatalf("it is %v, want %v", got.Bounds().Size(), want.Bounds().Size())
			}
			if d := lumaDistance(got, want); d > 2 {
				t.Errorf("luma differs by %d", d)
			}
		})
	}
}

// lumaDistance is the largest difference of luma, and of alpha, between two pictures, 0 to 255.
func lumaDistance(a, b image.Image) int {
	most := 0
	size := a.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			l1, a1 := imagingtest.LumaAt(a, a.Bounds().Min.X+x, a.Bounds().Min.Y+y)
			l2, a2 := imagingtest.LumaAt(b, b.Bounds().Min.X+x, b.Bounds().Min.Y+y)
			most = max(most, l1-l2, l2-l1, a1-a2, a2-a1)
		}
	}
	return most
}

// Renditions of equal requests are equal to the byte, and do not depend on what else is asked for.
func TestBytesAreDeterministic(t *testing.T) {
	t.Parallel()
	file := jpegOf(t, patches(300, 220))
	all, err := renderer().Render(t.Context(), file, imaging.Request{Specs: imaging.Plan()})
	must(t, err)
	for i, s := range imaging.Plan() {
		alone, err := renderer().Render(t.Context(), file, imaging.Request{Specs: []imaging.Spec{s}})
		must(t, err)
		if !slices.Equal(alone.Renditions[0].Bytes, all.Renditions[i].Bytes) {
			t.Errorf("%+v: alone it has other bytes than with the rest of the plan", s)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		w, h       int
		spec       imaging.Spec
		gotW, gotH int
	}{
		{"square", 700, 500, imaging.Spec{Pixels: 96}, 96, 96},
		{"square of a smaller picture", 70, 50, imaging.Spec{Pixels: 96}, 50, 50},
		{"width of a landscape", 800, 400, imaging.Spec{Shape: imaging.Wide, Pixels: 200}, 200, 100},
		{"width of a portrait", 400, 800, imaging.Spec{Shape: imaging.Wide, Pixels: 160}, 160, 320},
		{"width of a smaller picture", 100, 80, imaging.Spec{Shape: imaging.Wide, Pixels: 160}, 100, 80},
		{"width of a very tall picture", 20, 4096, imaging.Spec{Shape: imaging.Wide, Pixels: 160}, 5, 1024},
		{"whole", 1500, 750, imaging.Spec{Shape: imaging.Whole, Pixels: 1024}, 1024, 512},
		{"whole of a smaller picture", 301, 151, imaging.Spec{Shape: imaging.Whole, Pixels: 1024}, 301, 151},
		{"whole of a line", 4000, 16, imaging.Spec{Shape: imaging.Whole, Pixels: 64}, 64, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := renderer().Render(t.Context(), pngOf(t, patches(c.w, c.h)), imaging.Request{Specs: []imaging.Spec{c.spec}})
			must(t, err)
			r := p.Renditions[0]
			if r.Width != c.gotW || r.Height != c.gotH {
				t.Errorf("got %d×%d, want %d×%d", r.Width, r.Height, c.gotW, c.gotH)
			}
			if size := decodedAs(t, r.Type, r.Bytes).Bounds().Size(); size != image.Pt(c.gotW, c.gotH) {
				t.Errorf("the bytes are a picture of %v", size)
			}
		})
	}
}

func TestWhatIsNotMade(t *testing.T) {
	t.Parallel()
	for _, s := range []imaging.Spec{
		{Pixels: 16, Type: imaging.GIF}, {Pixels: 0}, {Pixels: -5}, {Pixels: 1025}, {Pixels: 1 << 40},
	} {
		_, err := renderer().Render(t.Context(), pngOf(t, patches(20, 20)), imaging.Request{Specs: []imaging.Spec{s}})
		if fault.Of(err) != fault.Invalid {
			t.Errorf("%+v: got %v", s, err)
		}
	}
}
