package salesforce_test

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"

	"cameo/server/boot"
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

// wantNoFile wants an upload to be no file: not to be seen, read, deleted or chosen.
func (c *caller) wantNoFile(what, key string) {
	c.Helper()
	at := files + "06900" + key
	for _, one := range [...]struct{ method, path, body string }{
		{"GET", at, ""}, {"GET", at + "/content", ""}, {"DELETE", at, ""}, {"POST", photo, `{"fileId":"06900` + key + `"}`},
	} {
		got := c.ask(one.method, one.path, strings.NewReader(one.body), "Content-Type", "application/json")
		if got.StatusCode != 404 || !strings.Contains(string(got.body), `"NOT_FOUND"`) {
			c.Errorf("%s: %s %s: got %v, want 404", what, one.method, one.path, got)
		}
	}
}

// The picture of a photo is no file, whatever words it came in, and nor is what is not whole.
func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	cert, key, trusted := servertest.SelfSigned(t) // Gigya's clients show a secret by TLS only
	c := start(t, servertest.Configured(func(cfg *boot.Config) { cfg.TLSCert, cfg.TLSKey = cert, key }))
	c.at.HTTP.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
	content := string(quarters(t, 150, 150))
	c.post(binaryPart("fileUpload", content))
	c.ready("jane", "ready")
	c.wantNoFile("a photo's picture", c.newest("jane"))

	s, before := c.addSite(), c.newest("jane")
	form := url.Values{
		"apiKey": {s.APIKey}, "secret": {s.Secret}, "uid": {string(servertest.Person("jane"))}, "publish": {"true"},
		"photoBytes": {base64.StdEncoding.EncodeToString([]byte(content))},
	}
	got := (&caller{t, c.at, ""}).want(200, "POST", "/accounts.setProfilePhoto", strings.NewReader(form.Encode()), "Content-Type", asForm)
	c.ready("jane", "ready")
	if c.newest("jane") == before {
		t.Fatalf("Gigya's photo: got %v", got)
	}
	c.wantNoFile("Gigya's photo", c.newest("jane"))

	c.wantNoFile("a part for tus", c.uploadByTus(content, len(content), "Upload-Concat", "partial"))
	c.wantNoFile("half an upload of tus", c.uploadByTus(content[:100], len(content)))
	c.wantNoFile("half an upload of the draft", c.uploadByDraft(content[:100], "?0"))
}

// A finished upload is a file of its owner, whichever protocol has brought it.
func TestUploadsAreFiles(t *testing.T) {
	t.Parallel()
	c := start(t)
	content := string(quarters(t, 150, 150))
	for _, one := range []struct{ protocol, id string }{
		{"Igloo", c.upload([]byte(content))},
		{"tus", "06900" + c.uploadByTus(content, len(content))},
		{"the draft", "06900" + c.uploadByDraft(content, "?1")},
	} {
		var d described
		at := files + one.id
		if err := json.Unmarshal(c.want(200, "GET", at, nil).body, &d); err != nil {
			t.Fatal(err)
		}
		if d.ID[:15] != one.id[:15] || d.VersionNumber != "1" || d.Owner.ID != c.id() {
			t.Errorf("%s: got %+v", one.protocol, d)
		}
		if got := c.want(200, "GET", at+"/content", nil); string(got.body) != content {
			t.Errorf("%s: got %d bytes, want the %d sent", one.protocol, len(got.body), len(content))
		}
		c.as("john").refused(404, "NOT_FOUND", "GET", at, nil)
		said := `{"fileId":"` + one.id + `"}`
		c.want(201, "POST", photo, strings.NewReader(said), "Content-Type", "application/json")
		c.ready("jane", "ready")
		if got := c.newest("jane"); !strings.HasSuffix(one.id[:15], got) {
			t.Errorf("%s: got a photo of %s, want of %s", one.protocol, got, one.id)
		}
		c.want(204, "DELETE", photo, nil)
		c.want(204, "DELETE", at, nil)
	}
}

// uploadByTus begins an upload of so many bytes with some of them, and returns its key.
func (c *caller) uploadByTus(content string, length int, headers ...string) string {
	c.Helper()
	encoded := base64.StdEncoding.EncodeToString
	got := c.want(201, "POST", "/v1/communities/1/tus/", strings.NewReader(content), append(headers,
		"Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(length), "Content-Type", "application/offset+octet-stream",
		"Upload-Metadata", "filename "+encoded([]byte("me.png"))+",filetype "+encoded([]byte("image/png")))...)
	return path.Base(got.Header.Get("Location"))
}

// uploadByDraft likewise begins a resumable upload, and says whether that is all of it.
func (c *caller) uploadByDraft(content, complete string) string {
	c.Helper()
	got := c.ask("POST", "/v1/communities/1/uploads", strings.NewReader(content),
		"Content-Type", "image/png", "Upload-Complete", complete, "Upload-Draft-Interop-Version", "8")
	if got.StatusCode/100 != 2 || got.Header.Get("Location") == "" {
		c.Fatalf("got %v", got)
	}
	return path.Base(got.Header.Get("Location"))
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
