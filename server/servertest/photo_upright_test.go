package servertest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// A11: whichever way a camera was held, every picture that is made and every answer is upright.
func TestA11EveryOrientationIsServedUpright(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	for _, size := range []image.Point{{96, 64}, {64, 96}} {
		for orientation := 1; orientation <= 8; orientation++ {
			what := fmt.Sprintf("%v in orientation %d", size, orientation)
			d := g.show(what, "image/jpeg", cornered(t, size.X, size.Y, orientation))
			if d.Width != size.X || d.Height != size.Y {
				t.Errorf("%s: got a photo of %d × %d", what, d.Width, d.Height)
			}
			for at, got := range g.served(d) {
				wantUpright(t, what+" at "+at, decoded(t, at, got.body))
			}
			for name, file := range g.made(d) {
				wantUpright(t, what+" as "+name, decoded(t, name, file))
			}
		}
	}
}

// A11: exiftool finds in no picture what it finds in the file that was sent: position, XMP, IPTC, a thumbnail, a maker's
// note, names and times.
func TestA11NothingPrivateIsServed(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("exiftool")
	servertest.Require(t, "exiftool", err == nil, "Debian's libimage-exiftool-perl is not installed")
	g, dir := newGallery(t), t.TempDir()
	translucent := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	for i := range translucent.Pix {
		translucent.Pix[i] = byte(i % 251)
	}
	types := map[string]bool{}
	for kind, file := range map[string][]byte{"jpeg": cornered(t, 300, 200, 6), "png": pngOf(t, translucent)} {
		sent := filepath.Join(dir, "sent."+kind)
		write(t, sent, file)
		thumbnail := filepath.Join(dir, "thumbnail.jpg")
		write(t, thumbnail, jpegOf(t, image.NewGray(image.Rect(0, 0, 32, 32))))
		tag := exec.Command(tool, "-q", "-overwrite_original", "-GPSLatitude=52.5", "-GPSLatitudeRef=N", "-GPSLongitude=13.4",
			"-GPSLongitudeRef=E", "-XMP:Creator=Jane", "-IPTC:City=Berlin", "-EXIF:Artist=Jane", "-Comment=secret",
			"-EXIF:DateTimeOriginal=2026:01:02 03:04:05", "-ThumbnailImage<="+thumbnail, sent)
		if out, err := tag.CombinedOutput(); err != nil {
			t.Fatalf("exiftool: %v: %s", err, out)
		}
		tagged, err := os.ReadFile(sent)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range []string{"GPS", "XMP-dc", "IFD0", "IFD1", "ExifIFD"} {
			if found, _ := groups(t, tool, sent); !slices.Contains(found, group) {
				t.Fatalf("exiftool finds %q in what is sent, want %s too", found, group)
			}
		}
		d := g.show(kind, "image/"+kind, tagged)
		out := filepath.Join(dir, kind)
		n := 0
		for _, got := range g.served(d) {
			n++
			write(t, filepath.Join(out, fmt.Sprintf("served-%d.%s", n, filepath.Base(got.header.Get("Content-Type")))), got.body)
		}
		made := g.made(d) // those that were made because they were asked for, too
		for name, file := range made {
			types[filepath.Ext(name)] = true
			write(t, filepath.Join(out, name), file)
		}
		harmless := []string{"System", "File", "ExifTool", "Composite", "JFIF", "PNG", "PNG-pHYs", "RIFF", "SourceFile"}
		found, files := groups(t, tool, out)
		if want := n + len(made); files != want {
			t.Errorf("exiftool has read %d files, want %d", files, want)
		}
		for _, group := range found {
			if !slices.Contains(harmless, group) {
				t.Errorf("exiftool finds %s in a picture made of a %s", group, kind)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(types)); len(got) != 3 {
		t.Errorf("pictures of the types %q were looked at, want JPEG, PNG and WebP", got)
	}
}

// groups are exiftool's names of the kinds of metadata that a file, or the files of a folder, have, and how many files
// these are.
func groups(t *testing.T, tool, path string) (kinds []string, n int) {
	t.Helper()
	said, err := exec.Command(tool, "-q", "-j", "-a", "-u", "-G1", path).Output()
	if err != nil {
		t.Fatalf("exiftool: %v", err)
	}
	var files []map[string]any
	if err := json.NewDecoder(bytes.NewReader(said)).Decode(&files); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, tags := range files {
		for name := range tags {
			group, _, _ := strings.Cut(name, ":")
			found[group] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), len(files)
}

func write(t *testing.T, path string, file []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}
