package salesforce_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/association"
	"cameo/server/boot"
	"cameo/server/servertest"
)

// The life of a photo: none, two uploads, another crop of a file, none again.
func TestALife(t *testing.T) {
	t.Parallel()
	c := start(t)
	none := c.want(200, "GET", photo, nil).resource(t)
	if none["photoVersionId"] != nil || !strings.HasSuffix(none["largePhotoUrl"].(string), "/profilephoto/005/F") ||
		!strings.HasSuffix(none["standardEmailPhotoUrl"].(string), "/img/userprofile/default_profile_45_v2.png?fromEmail=1") {
		t.Fatalf("without photo: got %v", none)
	}
	got := c.post(binaryPart("fileUpload", string(quarters(t, 400, 300))))
	if got.StatusCode != 201 {
		t.Fatalf("got %v, want 201", got)
	}
	first := got.resource(t)
	version, _ := first["photoVersionId"].(string)
	if len(version) != 18 || !strings.HasPrefix(version, "729") || version[15:] != association.Checksum(version[:15]) {
		t.Fatalf("got the version %q", version)
	}
	// From the answer on, each address shows a picture.
	for _, name := range []string{"largePhotoUrl", "mediumPhotoUrl", "smallPhotoUrl", "fullEmailPhotoUrl", "standardEmailPhotoUrl"} {
		c.picture(first[name].(string))
	}
	if !strings.Contains(first["largePhotoUrl"].(string), "/profilephoto/"+version[:15]+"/F") {
		t.Errorf("got %v, want an address with 15 characters of %s", first["largePhotoUrl"], version)
	}
	c.ready("jane", "ready")
	ready := c.want(200, "GET", photo, nil).resource(t)
	if ready["photoVersionId"] != version {
		t.Errorf("got %v once it is ready, want %s", ready["photoVersionId"], version)
	}
	stranger := &caller{t, c.at, ""}
	for name, want := range map[string]string{
		"largePhotoUrl": "200x150", "mediumPhotoUrl": "160x120", "smallPhotoUrl": "64x64",
		"fullEmailPhotoUrl": "200x150", "standardEmailPhotoUrl": "45x45",
	} {
		size := stranger.picture(ready[name].(string)).Bounds().Size()
		if got := fmt.Sprintf("%dx%d", size.X, size.Y); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if kept := c.want(200, "GET", ready["largePhotoUrl"].(string), nil).Header.Get("Cache-Control"); kept != "public, max-age=31536000, immutable" {
		t.Errorf("got Cache-Control %q", kept)
	}
	// The same bytes again are another version.
	again, _ := c.post(binaryPart("fileUpload", string(quarters(t, 400, 300)))).resource(t)["photoVersionId"].(string)
	if again == version || again == "" {
		t.Errorf("got the version %q for the same bytes, want a new one after %s", again, version)
	}
	file := c.upload(quarters(t, 300, 300))
	versions := []string{version, again}
	for range 2 { // the same crop of the same file too
		got := c.want(201, "POST", photo, strings.NewReader(`{"fileId":"`+file+`","cropX":"150","cropY":0,"cropSize":"150"}`),
			"Content-Type", "application/json").resource(t)["photoVersionId"].(string)
		if slices.Contains(versions, got) {
			t.Errorf("got %s again", got)
		}
		versions = append(versions, got)
	}
	c.ready("jane", "ready")
	img := c.picture(c.want(200, "GET", photo, nil).resource(t)["largePhotoUrl"].(string))
	if img.Bounds().Dx() != 150 || !like(img.At(75, 75), colours[1]) {
		t.Errorf("got %v, %v, want the upper right quarter", img.Bounds(), img.At(75, 75))
	}
	c.want(204, "DELETE", photo, nil)
	if v := c.version(photo); v != "" {
		t.Errorf("got %s after the removal, want null", v)
	}
	c.want(204, "DELETE", photo, nil)
	if got := c.want(200, "GET", ready["largePhotoUrl"].(string), nil).Header.Get("Content-Type"); got != "image/png" {
		t.Errorf("a removed photo: got %s, want the default picture", got)
	}
	gone := c.ask("GET", ready["fullEmailPhotoUrl"].(string), nil)
	if gone.Header.Get("Content-Type") != "image/png" || strings.Contains(gone.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("a removed photo in an e-mail: got %v", gone)
	}
}

// Of many POSTs at once, each is told the version that it has made.
func TestEachPostIsToldItsOwnVersion(t *testing.T) {
	t.Parallel()
	c := start(t)
	const posters, each = 8, 10
	said, told := `{"fileId":"`+c.upload(quarters(t, 100, 100))+`"}`, make(chan string)
	for range posters {
		go func() {
			for range each {
				told <- c.quickly(photo, said)
			}
		}()
	}
	seen := map[string]bool{}
	for range posters * each {
		version := <-told
		if len(version) != 18 || seen[version] {
			t.Errorf("got the version %q, want one that nobody else was told", version)
		}
		seen[version] = true
	}
}

// quickly posts JSON, and returns the version that is told, or what went wrong. It may run in any goroutine.
func (c *caller) quickly(path, said string) string {
	r, err := http.NewRequestWithContext(c.Context(), http.MethodPost, c.at.URL+path, strings.NewReader(said))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", c.auth)
	r.Header.Set("Content-Type", "application/json")
	got, err := c.at.HTTP.Do(r)
	if err != nil {
		return err.Error()
	}
	defer got.Body.Close()
	var p struct{ PhotoVersionID string }
	if err := json.NewDecoder(got.Body).Decode(&p); err != nil {
		return got.Status + ": " + err.Error()
	}
	return p.PhotoVersionID
}

// Each property comes from its version on.
func TestVersionsOfTheInterface(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, one := range []struct {
		path string
		want []string
	}{
		{"/services/data/v23.0/chatter/users/me/photo", []string{"largePhotoUrl", "smallPhotoUrl"}},
		{"/services/data/v24.0/chatter/users/me/photo", []string{"largePhotoUrl", "photoVersionId", "smallPhotoUrl"}},
		{"/services/data/v26.0/chatter/users/me/photo", []string{"largePhotoUrl", "photoVersionId", "smallPhotoUrl"}},
		{"/services/data/v27.0/chatter/users/me/photo", []string{
			"fullEmailPhotoUrl", "largePhotoUrl", "photoVersionId", "smallPhotoUrl", "standardEmailPhotoUrl", "url",
		}},
		{"/services/data/v36.0/connect/user-profiles/me/photo", []string{
			"fullEmailPhotoUrl", "largePhotoUrl", "photoVersionId", "smallPhotoUrl", "standardEmailPhotoUrl", "url",
		}},
		{"/services/data/v37.0/connect/user-profiles/me/photo", []string{
			"fullEmailPhotoUrl", "largePhotoUrl", "mediumPhotoUrl", "photoVersionId", "smallPhotoUrl", "standardEmailPhotoUrl", "url",
		}},
		{"/services/data/v67.0/connect/communities/0DB000000000001/user-profiles/me/photo", []string{
			"fullEmailPhotoUrl", "largePhotoUrl", "mediumPhotoUrl", "photoVersionId", "smallPhotoUrl", "standardEmailPhotoUrl", "url",
		}},
	} {
		got := c.want(200, "GET", one.path, nil)
		d, names := json.NewDecoder(strings.NewReader(string(got.body))), []string{}
		for depth := 0; d.More() || depth == 0; {
			token, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			if depth++; depth > 1 {
				names = append(names, token.(string))
				if _, err := d.Token(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !slices.Equal(names, one.want) {
			t.Errorf("%s: got %v, want %v", one.path, names, one.want)
		}
		if kind := got.Header.Get("Content-Type"); kind != "application/json;charset=UTF-8" {
			t.Errorf("%s: got Content-Type %s", one.path, kind)
		}
	}
	for _, path := range []string{
		"/services/data/v34.0/connect/user-profiles/me/photo", "/services/data/v22.0/chatter/users/me/photo",
		"/services/data/v68.0/connect/user-profiles/me/photo", "/services/data/58.0/connect/user-profiles/me/photo",
		"/services/data/v58.0/connect/communities/77/user-profiles/me/photo", "/services/data/v58.0/nothing",
	} {
		if m := c.refused(404, "NOT_FOUND", "GET", path, nil); m != "The requested resource does not exist" {
			t.Errorf("%s: got %q", path, m)
		}
	}
}

// A person is found by me, GUID, and either length of the id that the resource tells.
func TestPeople(t *testing.T) {
	t.Parallel()
	c := start(t)
	url := c.want(200, "GET", photo, nil).resource(t)["url"].(string)
	id := strings.Split(url, "/")[6]
	if len(id) != 18 || !strings.HasPrefix(id, "005") {
		t.Fatalf("got %s", url)
	}
	base := v58 + "/connect/user-profiles/"
	for _, who := range []string{id, id[:15], string(servertest.Person("jane"))} {
		if got := c.want(200, "GET", base+who+"/photo", nil).resource(t)["url"]; got != url {
			t.Errorf("%s: got %v, want %s", who, got, url)
		}
	}
	wrong := "AAA"
	if id[15:] == wrong {
		wrong = "AAB"
	}
	for _, who := range []string{id[:15] + wrong, "9QL000000000001", "001000000000001", "005", "x", "%20"} {
		c.refused(400, "INVALID_ID_FIELD", "GET", base+who+"/photo", nil)
	}
	c.refused(404, "NOT_FOUND", "GET", base+"005000000000001/photo", nil)
	john := c.as("john")
	john.want(200, "GET", base+id+"/photo", nil)
	john.refused(403, "INSUFFICIENT_ACCESS", "DELETE", base+id+"/photo", nil)
	john.refused(403, "INSUFFICIENT_ACCESS", "POST", base+id+"/photo", strings.NewReader(`{"fileId":"069000000000000001"}`))
	root := c.as("root", 1)
	file := root.upload(quarters(t, 100, 100))
	root.want(201, "POST", base+id+"/photo", strings.NewReader(`{"fileId":"`+file[:15]+`"}`), "Content-Type", "application/json")
	john.refused(404, "NOT_FOUND", "POST", photo, strings.NewReader(`{"fileId":"`+file+`"}`), "Content-Type", "application/json")
}

// Many who ask about somebody without an id at once are told the same one.
func TestAnIDIsDrawnOnce(t *testing.T) {
	t.Parallel()
	c := start(t)
	if err := c.at.Node().Directory.Ensure(t.Context(), 1, servertest.Person("zoe")); err != nil {
		t.Fatal(err)
	}
	at, told := v58+"/connect/user-profiles/"+string(servertest.Person("zoe"))+"/photo", make(chan string)
	for range 20 {
		go func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.at.URL+at, nil)
			if err != nil {
				told <- err.Error()
				return
			}
			r.Header.Set("Authorization", c.auth)
			got, err := c.at.HTTP.Do(r)
			if err != nil {
				told <- err.Error()
				return
			}
			defer got.Body.Close()
			var p struct{ URL string }
			if err := json.NewDecoder(got.Body).Decode(&p); err != nil {
				told <- err.Error()
				return
			}
			told <- p.URL
		}()
	}
	first := <-told
	for range 19 {
		if other := <-told; other != first || !strings.Contains(other, "/005") {
			t.Errorf("got %s and %s", first, other)
		}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	c := start(t)
	token := strings.TrimPrefix(c.auth, "Bearer ")
	for _, auth := range []string{"OAuth " + token, "oauth " + token, "Bearer " + token} {
		(&caller{t, c.at, auth}).want(200, "GET", photo, nil)
	}
	for _, auth := range []string{"", "OAuth x", "Basic x"} {
		m := (&caller{t, c.at, auth}).refused(401, "INVALID_SESSION_ID", "GET", photo, nil)
		if m != "Session expired or invalid" {
			t.Errorf("%s: got %q", auth, m)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	c := start(t)
	m := c.refused(405, "METHOD_NOT_ALLOWED", "PUT", photo, nil)
	if m != "HTTP Method 'PUT' not allowed. Allowed are DELETE,GET,HEAD,POST" {
		t.Errorf("got %q", m)
	}
	if allow := c.ask("PUT", photo, nil).Header.Get("Allow"); !strings.Contains(allow, "DELETE") {
		t.Errorf("got Allow %q", allow)
	}
	c.want(200, "POST", photo+"?_HttpMethod=GET", nil)
	if got := c.want(200, "POST", photo+"?_HttpMethod=HEAD", nil); len(got.body) != 0 {
		t.Errorf("HEAD by a parameter: got %v", got)
	}
	c.want(204, "POST", photo+"?_HttpMethod=DELETE", nil)
	c.refused(405, "METHOD_NOT_ALLOWED", "POST", photo+"?_HttpMethod=PATCH", nil)
	if got := c.want(200, "HEAD", photo, nil); len(got.body) != 0 || got.ContentLength < 100 {
		t.Errorf("HEAD: got %v, %d", got, got.ContentLength)
	}
	if got := c.want(200, "GET", photo, nil, "X-PrettyPrint", "1"); !strings.Contains(string(got.body), "\n  \"largePhotoUrl\"") {
		t.Errorf("got %s, want it pretty", got.body)
	}
}

// An address in an e-mail shows the photo for thirty days, to strangers, and cannot be made up.
func TestAddressesInEMails(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.post(binaryPart("fileUpload", string(quarters(t, 300, 300))))
	c.ready("jane", "ready")
	at := c.want(200, "GET", photo, nil).resource(t)["standardEmailPhotoUrl"].(string)
	stranger := &caller{t, c.at, ""}
	c.at.Clock.Advance(30*24*time.Hour - time.Minute)
	stranger.picture(at)
	c.at.Clock.Advance(2 * time.Minute)
	stranger.refused(404, "NOT_FOUND", "GET", at, nil)
	for _, forged := range []string{at[:len(at)-20] + "x" + at[len(at)-19:], c.at.URL + "/ncsphoto/x?fromEmail=1"} {
		stranger.refused(404, "NOT_FOUND", "GET", forged, nil)
	}
	stranger.refused(404, "NOT_FOUND", "GET", c.at.URL+"/profilephoto/729000000000000/F", nil)
	stranger.refused(404, "NOT_FOUND", "GET", c.at.URL+"/profilephoto/005/X", nil)
}

// Where photos are for members, strangers need a signed address.
func TestPhotosOfMembers(t *testing.T) {
	t.Parallel()
	c := start(t, servertest.Configured(func(cfg *boot.Config) { cfg.Photos = "members" }))
	c.post(binaryPart("fileUpload", string(quarters(t, 300, 300))))
	c.ready("jane", "ready")
	at := c.want(200, "GET", photo, nil).resource(t)["largePhotoUrl"].(string)
	plain, _, signed := strings.Cut(at, "?")
	if !signed {
		t.Fatalf("got %s, want it signed", at)
	}
	stranger := &caller{t, c.at, ""}
	stranger.picture(at)
	c.picture(plain)
	stranger.refused(401, "INVALID_SESSION_ID", "GET", plain, nil)
	stranger.refused(403, "INSUFFICIENT_ACCESS", "GET", strings.Replace(at, "/F?", "/M?", 1), nil)
}
