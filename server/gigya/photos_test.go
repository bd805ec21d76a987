package gigya_test

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"strings"
	"testing"

	"cameo/server/boot"
)

// size of a picture's answer, in pixels.
func pixels(t *testing.T, a answer) (int, int) {
	t.Helper()
	p, _, err := image.Decode(bytes.NewReader(a.body))
	if err != nil {
		t.Fatalf("%s: no picture: %v in %.100q", a.Status, err, a.body)
	}
	return p.Bounds().Dx(), p.Bounds().Dy()
}

// fetch gets what a URL of an answer shows.
func (i *instance) fetch(address string) answer {
	i.t.Helper()
	path, ok := strings.CutPrefix(address, i.URL)
	if !ok {
		i.t.Fatalf("the address %q is not of %s", address, i.URL)
	}
	return i.send(http.MethodGet, path, nil, "Referer", "https://anybody.example/page")
}

// A photo that is not published leaves the profile as it was; a published one is in it, with a thumbnail of
// exactly the policy's size.
func TestAPhotoIsSentAndThenPublished(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	i.want(i.call("accounts.publishProfilePhoto", "jane"), 409010)
	i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", photo("me.png", 5000)), 0)
	info := i.want(i.call("accounts.getAccountInfo", "jane"), 0)
	if info.text("UID") != "jane" || info.text("profile", "photoURL") != "" || info.text("profile", "thumbnailURL") != "" {
		t.Errorf("before publishing: %s", info.body)
	}
	i.want(i.call("accounts.publishProfilePhoto", "jane"), 0)
	info = i.want(i.call("accounts.getAccountInfo", "jane"), 0)
	if got := i.fetch(info.text("profile", "photoURL")); got.StatusCode != http.StatusOK {
		t.Errorf("photoURL: got %s: %s", got.Status, got.body)
	}
	if w, h := pixels(t, i.fetch(info.text("profile", "thumbnailURL"))); w != 64 || h != 64 {
		t.Errorf("thumbnailURL: got %d×%d, want 64×64", w, h)
	}
	i.want(i.call("accounts.publishProfilePhoto", "jane"), 0) // published before
	again := i.call("accounts.getAccountInfo", "jane")
	if again.text("profile", "photoURL") != info.text("profile", "photoURL") {
		t.Error("publishing again has made another photo")
	}
	i.want(i.call("accounts.removeProfilePhoto", "jane"), 0)
	if info := i.call("accounts.getAccountInfo", "jane"); info.text("profile", "photoURL") != "" {
		t.Errorf("after removing: %s", info.body)
	}
	i.want(i.call("accounts.getProfilePhoto", "jane"), 409010)
	if got := i.fetch(info.text("profile", "thumbnailURL")); got.code() != 409010 {
		t.Errorf("the thumbnail of a removed photo: got %s %.100s", got.Status, got.body)
	}
}

// A photo that is refused leaves what is shown, what was said and what was sent; one that is published ends all that
// came before it.
func TestWhatAPublishedPhotoReplaces(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	const said = "http://img.example/p.jpg"
	i.want(i.call("socialize.setUserInfo", "jane", "userInfo", `{"photoURL":"`+said+`"}`), 0)
	i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", photo("me.png", 5000)), 0)
	cut := base64.StdEncoding.EncodeToString(picture(5000)[:100])
	refused := i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", cut, "publish", "true"), 400006)
	if !strings.HasPrefix(refused.text("errorDetails"), "truncated: ") {
		t.Errorf("got %s, want the reason first", refused.body)
	}
	if info := i.call("accounts.getAccountInfo", "jane"); info.text("profile", "photoURL") != said {
		t.Errorf("after a refused photo: %s", info.body)
	}
	i.want(i.call("accounts.publishProfilePhoto", "jane"), 0)
	first := i.call("accounts.getAccountInfo", "jane").text("profile", "photoURL")
	i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", photo("other.png", 5000)), 0)
	i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", photo("third.png", 5000), "publish", "true"), 0)
	third := i.call("accounts.getAccountInfo", "jane").text("profile", "photoURL")
	i.want(i.call("accounts.publishProfilePhoto", "jane"), 0)
	last := i.call("accounts.getAccountInfo", "jane").text("profile", "photoURL")
	if first == said || third == first || last != third {
		t.Errorf("got photos at %s, %s, and after publishing again %s", first, third, last)
	}
}

func TestThumbnails(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	for n, c := range []struct {
		thumbnail     string
		code          int
		width, height int
	}{
		{"", 0, 64, 64},
		{"100,80", 0, 100, 80},
		{"1,1", 0, 1, 1},
		{"300,20", 0, 300, 20},
		{"2048,3", 0, 2048, 3},
		{"2049,3", 400006, 0, 0},
		{"0,10", 400006, 0, 0},
		{"10", 400006, 0, 0},
		{"a,b", 400006, 0, 0},
	} {
		t.Run(c.thumbnail, func(t *testing.T) {
			i := i.in(t)
			uid := "user " + strings.Repeat("x", n+1)
			i.want(i.call("accounts.setProfilePhoto", uid, "photoBytes", photo("me.png", 5000)), 0)
			more := []string{}
			if c.thumbnail != "" {
				more = append(more, "thumbnail", c.thumbnail)
			}
			if i.want(i.call("accounts.publishProfilePhoto", uid, more...), c.code); c.code != 0 {
				return
			}
			info := i.call("accounts.getAccountInfo", uid)
			if w, h := pixels(t, i.fetch(info.text("profile", "thumbnailURL"))); w != c.width || h != c.height {
				t.Errorf("got %d×%d, want %d×%d", w, h, c.width, c.height)
			}
		})
	}
	i.want(i.call("accounts.setPolicies", "", "profilePhoto", `{"thumbnailWidth":30,"thumbnailHeight":40}`), 0)
	i.want(i.call("accounts.setProfilePhoto", "later", "photoBytes", photo("me.png", 5000), "publish", "True"), 0)
	info := i.call("accounts.getAccountInfo", "later")
	if w, h := pixels(t, i.fetch(info.text("profile", "thumbnailURL"))); w != 30 || h != 40 {
		t.Errorf("by the policy: got %d×%d, want 30×40", w, h)
	}
}

// in is the same instance, whose failures are t's.
func (i *instance) in(t *testing.T) *instance {
	other := *i
	other.t = t
	return &other
}
