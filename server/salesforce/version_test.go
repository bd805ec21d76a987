package salesforce_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cameo/storage"
)

// described is what is told of a file.
type described struct {
	ID, Title, Description, VersionNumber, Checksum, DownloadURL string
	Owner                                                        struct{ ID string }
}

// send posts parts to a path of files.
func (c *caller) send(status int, path string, parts ...string) (d described) {
	c.Helper()
	got := c.want(status, "POST", path, strings.NewReader(multipartBody("xyz", parts...)), "Content-Type", asParts)
	if err := json.Unmarshal(got.body, &d); err != nil && status < 300 {
		c.Fatalf("%v: %v", got, err)
	}
	return d
}

func sum(content string) string {
	all := md5.Sum([]byte(content))
	return hex.EncodeToString(all[:])
}

// A file has versions: the latest is meant unless a number is said, also for a photo.
func TestVersionsOfAFile(t *testing.T) {
	t.Parallel()
	c := start(t)
	first, second := string(quarters(t, 150, 150)), string(quarters(t, 90, 90))
	made := c.send(201, files+"users/me", rich("json", `{"title":"me","desc":"on a boat"}`), binaryPart("fileData", first))
	if made.VersionNumber != "1" || made.Title != "me" || made.Description != "on a boat" || made.Checksum != sum(first) || made.Owner.ID != c.id() {
		t.Errorf("got %+v", made)
	}
	at := files + made.ID
	next := c.send(201, at, binaryPart("fileData", second), rich("json", `{"title":"me again"}`))
	if next.ID != made.ID || next.VersionNumber != "2" || next.Checksum != sum(second) {
		t.Errorf("got %+v, want version 2 of %s", next, made.ID)
	}
	for _, one := range []struct{ query, title, content string }{
		{"", "me again", second}, {"?versionNumber=1", "me", first}, {"?versionNumber=2", "me again", second},
	} {
		var d described
		if err := json.Unmarshal(c.want(200, "GET", at+one.query, nil).body, &d); err != nil {
			t.Fatal(err)
		}
		if d.ID != made.ID || d.Title != one.title || d.Checksum != sum(one.content) {
			t.Errorf("%s: got %+v, want %s", one.query, d, one.title)
		}
		if got := c.want(200, "GET", at+"/content"+one.query, nil); string(got.body) != one.content {
			t.Errorf("%s: got %d bytes, want %d", one.query, len(got.body), len(one.content))
		}
		if got := c.want(200, "GET", d.DownloadURL, nil); string(got.body) != one.content {
			t.Errorf("%s: got %d bytes at %s, want %d", one.query, len(got.body), d.DownloadURL, len(one.content))
		}
	}
	c.refused(404, "NOT_FOUND", "GET", at+"?versionNumber=3", nil)
	c.refused(400, "ILLEGAL_QUERY_PARAMETER_VALUE", "GET", at+"?versionNumber=0", nil)
	for _, one := range []struct {
		number string
		side   int
	}{{`"1"`, 150}, {"2", 90}, {"null", 90}} {
		said := `{"fileId":"` + made.ID + `","versionNumber":` + one.number + `}`
		c.want(201, "POST", photo, strings.NewReader(said), "Content-Type", "application/json")
		c.ready("jane", "ready")
		img := c.picture(c.want(200, "GET", photo, nil).resource(t)["largePhotoUrl"].(string))
		if img.Bounds().Dx() != one.side {
			t.Errorf("version %s: got %v, want %d pixels", one.number, img.Bounds(), one.side)
		}
	}
	// A later version is no file of its own.
	later := "06900" + c.newest("jane")
	c.refused(404, "NOT_FOUND", "GET", files+later, nil)
	c.refused(404, "NOT_FOUND", "POST", photo, strings.NewReader(`{"fileId":"`+later+`"}`), "Content-Type", "application/json")
}

// What is refused adds no version; a file goes with all of its versions, or with none.
func TestFilesAreDeletedWhole(t *testing.T) {
	t.Parallel()
	c := start(t)
	content := string(quarters(t, 100, 100))
	at := files + c.upload([]byte(content)) // an upload of Igloo is a first version, too
	if d := c.send(201, at, binaryPart("fileData", content)); d.VersionNumber != "2" {
		t.Errorf("got %+v, want version 2", d)
	}
	root, john := c.as("root", 1), c.as("john")
	if d := root.send(201, at, binaryPart("fileData", content)); d.VersionNumber != "3" || d.Owner.ID != c.id() {
		t.Errorf("got %+v, want version 3 of jane's file", d)
	}
	john.send(404, at, binaryPart("fileData", content))
	for _, parts := range [][]string{
		{rich("json", `{"title":"x"}`)},
		{binaryPart("fileData", "%PDF-1.4 and so on")},
		{binaryPart("fileData", content), rich("json", `{"title":"`+strings.Repeat("x", 256)+`"}`)},
		{binaryPart("fileData", content), rich("json", `{"title":"\u0000"}`)},
		{binaryPart("fileData", content), binaryPart("fileData", content)},
	} {
		c.send(400, at, parts...)
	}
	c.refused(404, "NOT_FOUND", "GET", at+"?versionNumber=4", nil)
	c.want(201, "POST", photo, strings.NewReader(`{"fileId":"`+strings.TrimPrefix(at, files)+`","versionNumber":2}`), "Content-Type", "application/json")
	c.ready("jane", "ready")
	c.refused(409, "INVALID_OPERATION", "DELETE", at, nil)
	for _, number := range []string{"1", "2", "3"} {
		c.want(200, "GET", at+"?versionNumber="+number, nil)
	}
	c.want(204, "DELETE", photo, nil)
	c.want(204, "POST", at+"?_HttpMethod=DELETE", nil)
	c.refused(404, "NOT_FOUND", "GET", at, nil)
	left := c.uploads()
	if slices.ContainsFunc(left, func(u storage.Upload) bool { return !u.State.Ended() }) {
		t.Errorf("uploads are left: %+v", left)
	}
}

// Files are at the paths of communities, and at those that the SDK for Android has.
func TestPathsOfFiles(t *testing.T) {
	t.Parallel()
	c := start(t)
	content := string(quarters(t, 100, 100))
	for _, one := range []struct{ post, below string }{
		{"/connect/communities/internal/files/users/me", "/connect/communities/0DB000000000001GAA/files/"},
		{"/chatter/users/me/files", "/chatter/files/"},
	} {
		d := c.send(201, v58+one.post, binaryPart("fileData", content))
		if want := v58 + one.below + d.ID + "/content?versionNumber=1"; d.DownloadURL != want {
			t.Errorf("got %s, want %s", d.DownloadURL, want)
		}
		if got := c.want(200, "GET", d.DownloadURL, nil); string(got.body) != content {
			t.Errorf("%s: got %d bytes", one.below, len(got.body))
		}
		c.want(204, "DELETE", v58+one.below+d.ID, nil)
	}
}
