package igloo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
)

func TestDownload(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	key, b := i.uploaded("me")
	path := "/.api2/binaries/" + key + "/download/me.png"
	whole := i.send(request{method: "GET", path: path, as: jane})
	tag := whole.Header.Get("ETag")
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Disposition": `attachment; filename="me.png"`, "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes",
	} {
		if got := whole.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, c := range []struct {
		name   string
		head   []string
		status int
		extent string // Content-Range
		from   int
		to     int
	}{
		{"whole", nil, 200, "", 0, size},
		{"first bytes", []string{"Range: bytes=0-99"}, 206, "bytes 0-99/1000", 0, 100},
		{"to the end", []string{"Range: bytes=900-"}, 206, "bytes 900-999/1000", 900, size},
		{"behind the end", []string{"Range: bytes=900-5000"}, 206, "bytes 900-999/1000", 900, size},
		{"last bytes", []string{"Range: bytes=-10"}, 206, "bytes 990-999/1000", 990, size},
		{"more than all last bytes", []string{"Range: bytes=-5000"}, 206, "bytes 0-999/1000", 0, size},
		{"outside", []string{"Range: bytes=1000-"}, 416, "bytes */1000", 0, 0},
		{"no last bytes", []string{"Range: bytes=-0"}, 416, "bytes */1000", 0, 0},
		{"unit in capitals", []string{"Range: BYTES=0-99"}, 206, "bytes 0-99/1000", 0, 100},
		{"to beyond numbers", []string{"Range: bytes=900-99999999999999999999"}, 206, "bytes 900-999/1000", 900, size},
		{"last beyond numbers", []string{"Range: bytes=-99999999999999999999"}, 206, "bytes 0-999/1000", 0, size},
		{"from beyond numbers", []string{"Range: bytes=99999999999999999999-"}, 416, "bytes */1000", 0, 0},
		{"several", []string{"Range: bytes=0-1,5-6"}, 200, "", 0, size},
		{"backwards", []string{"Range: bytes=9-1"}, 200, "", 0, size},
		{"nonsense", []string{"Range: bytes=a-b"}, 200, "", 0, size},
		{"other unit", []string{"Range: lines=0-1"}, 200, "", 0, size},
		{"if it is still this file", []string{"Range: bytes=0-99", "If-Range: " + tag}, 206, "bytes 0-99/1000", 0, 100},
		{"if it were another file", []string{"Range: bytes=0-99", `If-Range: "other"`}, 200, "", 0, size},
		{"known already", []string{"If-None-Match: " + tag}, 304, "", 0, 0},
		{"known weakly", []string{`If-None-Match: "x", W/` + tag}, 304, "", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := i.send(request{method: "GET", path: path, as: jane, head: c.head})
			wantStatus(t, got, c.status)
			if have := got.Header.Get("Content-Range"); have != c.extent {
				t.Errorf("Content-Range: got %q, want %q", have, c.extent)
			}
			if got.StatusCode < 300 && !bytes.Equal(got.body, b[c.from:c.to]) {
				t.Errorf("got %d bytes, want [%d, %d) of the picture", len(got.body), c.from, c.to)
			}
			described := got.Header.Get("ETag") != "" || got.Header.Get("Accept-Ranges") != ""
			if c.status == http.StatusRequestedRangeNotSatisfiable && described {
				t.Errorf("got %s, want a refusal without the file's headers", got.Header)
			}
			wantHead(t, i.send(request{method: "HEAD", path: path, as: jane, head: c.head}), c.status)
		})
	}
}

// wantHead checks an answer to HEAD, which is of the whole file whatever Range says.
func wantHead(t *testing.T, got answer, status int) {
	t.Helper()
	if status == http.StatusNotModified {
		wantStatus(t, got, status)
		return
	}
	if got.StatusCode != http.StatusOK || len(got.body) > 0 || got.ContentLength != size {
		t.Errorf("HEAD: got %s and the length %d, want 200 and %d without a body", got.Status, got.ContentLength, size)
	}
	if have := got.Header.Get("Content-Range"); have != "" {
		t.Errorf("HEAD: Content-Range: got %q, want none", have)
	}
}

// A05 and A06: a name is data. It comes back whole, and opens no path and no header.
func TestNamesAreData(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	b := servertest.Picture("me", size)
	for _, c := range []struct{ name, kept, disposition string }{
		{"../../etc/passwd", "passwd", `attachment; filename="passwd"`},
		{`C:\Users\me\photo.png`, "photo.png", `attachment; filename="photo.png"`},
		{"CON", "CON", `attachment; filename="_CON"`},
		{"-rf", "-rf", `attachment; filename="-rf"`},
		{".htaccess", ".htaccess", `attachment; filename="htaccess"`},
		{`a"b;c.png`, `a"b;c.png`, `attachment; filename="a_b_c.png"; filename*=UTF-8''a%22b%3Bc.png`},
		{"a%2fb.png", "a%2fb.png", `attachment; filename="a_2fb.png"; filename*=UTF-8''a%252fb.png`},
		{"gpj.\u202egnp.exe", "gpj.\u202egnp.exe", `attachment; filename="gpj.gnp.exe"`},
		{"Jürgen.png", "Jürgen.png", `attachment; filename="J_rgen.png"; filename*=UTF-8''J%C3%BCrgen.png`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := i.in(t)
			body, err := json.Marshal(map[string]any{"ContentLength": size, "ContentType": "image/png", "Name": c.name})
			if err != nil {
				t.Fatal(err)
			}
			made := i.send(request{method: "POST", path: attachments, as: jane, head: []string{asJSON}, body: body})
			wantStatus(t, made, http.StatusCreated)
			key := made.Header.Get("Location")[len(attachments+"/uploads/"):]
			done := i.patch(key, b, 0, size)
			wantStatus(t, done, http.StatusOK)
			var a struct{ Name, BinaryLocation string }
			if err := json.Unmarshal(done.body, &a); err != nil {
				t.Fatal(err)
			}
			if want := "/.api2/binaries/" + key + "/download/" + url.PathEscape(c.kept); a.Name != c.kept || a.BinaryLocation != want {
				t.Errorf("got %q at %q, want %q at %q", a.Name, a.BinaryLocation, c.kept, want)
			}
			file := i.send(request{method: "GET", path: a.BinaryLocation, as: jane})
			wantStatus(t, file, http.StatusOK)
			if got := file.Header.Get("Content-Disposition"); got != c.disposition {
				t.Errorf("got  %s\nwant %s", got, c.disposition)
			}
		})
	}
}

// A09 and A12: what the bytes are decides, and nothing of a refused file is kept.
func TestSignaturesDecide(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	png := servertest.Picture("me", size)
	jpeg := append([]byte("\xFF\xD8\xFF\xE0"), png[4:]...)
	svg := append([]byte(`<svg xmlns="http://www.w3.org/2000/svg">`), bytes.Repeat([]byte(" "), size)...)[:size]
	for _, c := range []struct {
		name, declared string
		body           []byte
		status         int
		reason         string
	}{
		{"PNG", "image/png", png, 200, ""},
		{"image/jpg is JPEG", "image/jpg", jpeg, 200, ""},
		{"image/pjpeg is JPEG", "image/pjpeg", jpeg, 200, ""},
		{"PNG as JPEG", "image/jpeg", png, 415, "type_mismatch"},
		{"JPEG as PNG", "image/png", jpeg, 415, "type_mismatch"},
		{"SVG as PNG", "image/png", svg, 415, "not_an_image"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := i.in(t)
			key := i.create(size, c.declared)
			got := i.send(request{
				method: "PATCH", path: attachments + "/uploads/" + key, as: jane, head: []string{"Content-Range: bytes 0-999/1000"}, body: c.body,
			})
			wantStatus(t, got, c.status)
			if c.status == http.StatusOK {
				return
			}
			if have := got.exception(t).token("Reason"); have != c.reason {
				t.Errorf("Reason: got %q, want %q", have, c.reason)
			}
			entry := i.send(request{method: "GET", path: attachments + "/" + key, as: jane})
			if !strings.Contains(string(entry.body), `"state":"failed","reason":"`+c.reason+`"`) {
				t.Errorf("the entry: got %s %s, want the state failed and why", entry.Status, entry.body)
			}
			wantStatus(t, i.send(request{method: "GET", path: "/.api2/binaries/" + key + "/download/x", as: jane}), http.StatusNotFound)
			wantStatus(t, i.send(request{method: "POST", path: attachments + "/" + key + "/association/" + jane + "?type=ProfilePhoto", as: jane}),
				http.StatusUnsupportedMediaType)
		})
	}
}

// R15: what was damaged at rest is our failure, and never served.
func TestDamagedFilesAreNotServed(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	key, b := i.uploaded("me")
	spoiled := 0
	err := filepath.WalkDir(i.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kept, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(kept, b) {
			return err
		}
		kept[len(kept)/2] ^= 1
		spoiled++
		return os.WriteFile(path, kept, 0o600)
	})
	if err != nil || spoiled != 1 {
		t.Fatalf("got %d files with the picture, want 1: %v", spoiled, err)
	}
	got := i.send(request{method: "GET", path: "/.api2/binaries/" + key + "/download/me.png", as: jane})
	wantStatus(t, got, http.StatusInternalServerError)
	if e := got.exception(t); e.Type != "Service_DataCorrupt" || got.Header.Get("ETag") != "" || got.Header.Get("Content-Disposition") != "" {
		t.Errorf("got %s %s, want a failure without the file's headers", e.Type, got.Header)
	}
}

func TestAssociate(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	key, _ := i.uploaded("me")
	at := attachments + "/" + key
	for _, path := range []string{"/association/%7B" + strings.ToUpper(jane) + "%7D?Type=profilephoto", "/Association/" + jane + "?type=ProfilePhoto", "/association/" + jane + "?type=ProfilePhoto&TYPE=profilephoto"} {
		got := i.send(request{method: "POST", path: at + path, as: jane})
		wantStatus(t, got, http.StatusOK)
		if !strings.Contains(string(got.body), `"isProfilePhoto":true`) {
			t.Errorf("got %s, want a profile photo", got.body)
		}
	}
	wantStatus(t, i.send(request{method: "DELETE", path: at, as: jane}), http.StatusConflict)
	wantStatus(t, i.send(request{method: "POST", path: at + "/association/" + john + "?type=ProfilePhoto", as: admin}), http.StatusOK)
	unfinished := attachments + "/" + i.create(size, "image/png")
	wantStatus(t, i.send(request{method: "POST", path: unfinished + "/association/" + jane + "?type=ProfilePhoto", as: jane}), http.StatusConflict)

	thumbnail := request{method: "GET", path: "/.api2/binaries/" + key + "/thumbnails/me.png?width=300", as: jane}
	var got answer
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = i.send(thumbnail); got.StatusCode != http.StatusNotFound {
			break
		}
	}
	if got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "image/") || len(got.body) == 0 {
		t.Errorf("thumbnail: got %s %s, want a picture", got.Status, got.Header.Get("Content-Type"))
	}
	thumbnail.path = strings.Replace(thumbnail.path, "300", "0", 1)
	wantStatus(t, i.send(thumbnail), http.StatusUnprocessableEntity)
	wantStatus(t, i.send(request{method: "DELETE", path: at, as: admin}), http.StatusNoContent)
	wantStatus(t, i.send(request{method: "GET", path: at, as: jane}), http.StatusGone)
}

// The key in the form of a Salesforce file id; the suffix carries the case of its letters.
func TestFileID(t *testing.T) {
	t.Parallel()
	i := start(t, nil)
	key, _ := i.uploaded("me")
	var a struct{ FileID string }
	if err := json.Unmarshal(i.send(request{method: "GET", path: attachments + "/" + key, as: jane}).body, &a); err != nil {
		t.Fatal(err)
	}
	want := "06900" + key
	for third := range 3 {
		bits := 0
		for n, c := range want[third*5 : third*5+5] {
			if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ", c) {
				bits += 1 << n
			}
		}
		want += fmt.Sprintf("%c", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits])
	}
	if a.FileID != want {
		t.Errorf("got %s, want %s", a.FileID, want)
	}
}
