package salesforce_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cameo/server/servertest"
)

const files = v58 + "/connect/files/"

// A file is uploaded, described, read, made a photo, and deleted.
func TestFiles(t *testing.T) {
	t.Parallel()
	c := start(t)
	content := string(quarters(t, 150, 150))
	send := func(parts ...string) answer {
		return c.ask("POST", files+"users/me", strings.NewReader(multipartBody("xyz", parts...)), "Content-Type", asParts)
	}
	got := send(rich("json", `{"title":"me","desc":"on a boat"}`), binaryPart("fileData", content))
	var file struct {
		ID, VersionNumber, MimeType, DownloadURL string
		ContentSize                              int
	}
	if err := json.Unmarshal(got.body, &file); err != nil || got.StatusCode != 201 {
		t.Fatalf("got %v", got)
	}
	if len(file.ID) != 18 || !strings.HasPrefix(file.ID, "069") || file.VersionNumber != "1" || file.MimeType != "image/png" || file.ContentSize != len(content) {
		t.Errorf("got %s", got.body)
	}
	if got := c.want(200, "GET", files+file.ID[:15], nil); !strings.Contains(string(got.body), file.ID) {
		t.Errorf("got %v", got)
	}
	if got := c.want(200, "GET", file.DownloadURL, nil); string(got.body) != content || got.Header.Get("Content-Type") != "image/png" {
		t.Errorf("got %d bytes of %s, want the %d sent", len(got.body), got.Header.Get("Content-Type"), len(content))
	}
	// Igloo knows it by its key; its own uploads are files as well.
	if got := c.want(200, "GET", files+c.upload([]byte(content))+"/content", nil); string(got.body) != content {
		t.Errorf("an upload of Igloo: got %d bytes", len(got.body))
	}
	c.want(201, "POST", photo, strings.NewReader(`{"fileId":"`+file.ID+`"}`), "Content-Type", "application/json")
	c.ready("jane", "ready")
	c.refused(409, "INVALID_OPERATION", "DELETE", files+file.ID, nil)
	c.want(204, "DELETE", photo, nil)
	john := c.as("john")
	for _, method := range []string{"GET", "DELETE"} {
		john.refused(404, "NOT_FOUND", method, files+file.ID, nil)
	}
	john.refused(404, "NOT_FOUND", "GET", files+file.ID+"/content", nil)
	john.refused(403, "INSUFFICIENT_ACCESS", "POST", strings.Replace(files, "files/", "files/users/", 1)+c.id(), nil)
	c.refused(404, "NOT_FOUND", "GET", files+file.ID+"?versionNumber=2", nil)
	c.want(204, "DELETE", files+file.ID, nil)
	c.refused(404, "NOT_FOUND", "GET", files+file.ID, nil)
	for _, one := range []struct {
		code  string
		parts []string
	}{
		{"MISSING_ARGUMENT", []string{rich("json", `{"title":"me"}`)}},
		{"INVALID_INPUT", []string{binaryPart("fileData", "%PDF-1.4 and so on")}},
		{"POST_BODY_PARSE_ERROR", []string{binaryPart("fileUpload", content)}},
	} {
		c.refused(400, one.code, "POST", files+"users/me", strings.NewReader(multipartBody("xyz", one.parts...)), "Content-Type", asParts)
	}
}

// The picture of a photo is no file.
func TestAPhotosPictureIsNoFile(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.post(binaryPart("fileUpload", string(quarters(t, 150, 150))))
	c.ready("jane", "ready")
	newest := c.newest("jane")
	c.refused(404, "NOT_FOUND", "GET", files+"06900"+newest, nil)
	c.refused(404, "NOT_FOUND", "POST", photo, strings.NewReader(`{"fileId":"06900`+newest+`"}`), "Content-Type", "application/json")
}

// id is the caller's own.
func (c *caller) id() string {
	c.Helper()
	return strings.Split(c.want(200, "GET", photo, nil).resource(c.T)["url"].(string), "/")[6]
}

// newest is the key of the upload that the person's newest photo was made of.
func (c *caller) newest(name string) string {
	c.Helper()
	p, err := c.at.Node().Photos.Newest(c.Context(), 1, servertest.Person(name))
	if err != nil {
		c.Fatal(err)
	}
	return string(p.Upload)
}
