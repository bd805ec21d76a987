package gigya_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/association/fetch"
	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage/sqldb/sqltest"
)

func TestLimitsToTheByte(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	const most = 6_291_456
	fits := picture(most)
	i.want(i.call("accounts.setProfilePhoto", "a", "photoBytes", base64.StdEncoding.EncodeToString(fits), "publish", "true"), 0)
	tooMany := picture(most + 1)
	i.want(i.call("accounts.setProfilePhoto", "a", "photoBytes", base64.StdEncoding.EncodeToString(tooMany)), 413004)
	raw := func(form string) answer {
		return i.send(http.MethodPost, "/accounts.setProfilePhoto", strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded")
	}
	i.want(raw("photoBytes="+strings.Repeat("A", 40<<20)), 413004)
	var lines strings.Builder // as one of the phones sends it
	for text := base64.StdEncoding.EncodeToString(fits); text != ""; text = text[min(76, len(text)):] {
		lines.WriteString(text[:min(76, len(text))] + "\n")
	}
	i.want(i.call("accounts.setProfilePhoto", "a", "photoBytes", lines.String()), 0)
	i.want(raw("photoBytes="+strings.Repeat("%2F", 8<<20)), 400093)
	i.want(i.call("socialize.setUserInfo", "a", "userInfo", strings.Repeat("x", 2<<20)), 413001)
}

// A file in a form has the same limit.
func TestFilesToTheByte(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	reg := i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}).text("regToken")
	for _, c := range []struct {
		file []byte
		code int
	}{{picture(6_291_456), 0}, {picture(6_291_457), 413004}, {make([]byte, 40<<20), 413004}} {
		body, kind := fileForm(t, c.file)
		i.want(i.send(http.MethodPost, "/accounts.uploadProfilePhoto?apiKey="+i.key+"&regToken="+reg, body, "Content-Type", kind), c.code)
	}
}

// Who calls too often, or guesses at passwords or secrets, is told to come again. Of twice as many calls as a window
// allows, and some, one is refused wherever the window ends.
func TestTooManyCalls(t *testing.T) {
	t.Parallel()
	const quota = 5
	limits := boot.Default()
	calls, guesses := &limits.RateAddress, &limits.RateMisses
	if err := errors.Join(
		calls.UnmarshalText([]byte("5/24h")), guesses.UnmarshalText([]byte("100/24h")), // a guess counts as 20 keys that are not there
	); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		limit func(*boot.Config)
		ask   func(*instance) answer
		first int
	}{
		"calls of pages": {
			func(c *boot.Config) { c.RateAddress = *calls },
			func(i *instance) answer {
				return i.post("accounts.initRegistration", map[string]string{"apiKey": i.key})
			}, 0,
		},
		"passwords": {
			func(c *boot.Config) { c.RateMisses = *guesses },
			func(i *instance) answer {
				return i.post("accounts.login", map[string]string{"apiKey": i.key, "loginID": "jane", "password": "guess"})
			}, 403042,
		},
		"signatures": {
			func(c *boot.Config) { c.RateMisses = *guesses },
			func(i *instance) answer {
				p := i.signed("accounts.getAccountInfo", map[string]string{"UID": "jane"})
				p["sig"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
				return i.post("accounts.getAccountInfo", p)
			}, 403003,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := start(t, c.limit, boot.NewSite{})
			refused := 0
			for n := range 2*quota + 2 {
				switch got := c.ask(i); {
				case got.code() == 403048 && got.Header.Get("Retry-After") != "":
					refused++
				case got.code() != c.first:
					t.Errorf("call %d: got %s", n, got.body)
				}
			}
			if refused == 0 || refused > quota+2 {
				t.Errorf("%d calls were refused, want some, and those only that were too many", refused)
			}
		})
	}
}

func TestPicturesThatAreRefused(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	good := photo("me.png", 5000)
	cut := base64.StdEncoding.EncodeToString(picture(5000)[:100])
	for _, c := range []struct {
		name, bytes, publish string
		code                 int
		details              string
	}{
		{"good", good, "1", 0, ""},
		{"PHP's false", good, "", 0, ""},
		{"a data URL", "data:image/png;base64," + good, "false", 0, ""},
		{"no base64", "%%%%", "false", 400006, "photoBytes"},
		{"no picture", "aGVsbG8=", "false", 400006, "not_an_image"},
		{"nothing", "", "false", 400002, ""},
		{"half a picture", cut, "false", 400006, "truncated"},
		{"WebP", base64.StdEncoding.EncodeToString([]byte("RIFF\x00\x00\x00\x00WEBPVP8 ")), "false", 400006, "not_an_image"},
		{"publish is no boolean", good, "yes", 400004, "publish"},
	} {
		got := i.call("accounts.setProfilePhoto", "jane", "photoBytes", c.bytes, "publish", c.publish)
		if got.code() != c.code || !strings.HasPrefix(got.text("errorDetails"), c.details) {
			t.Errorf("%s: got %d, want %d %s: %s", c.name, got.code(), c.code, c.details, got.body)
		}
	}
}

func TestUserInfo(t *testing.T) {
	t.Parallel()
	i := start(t, nil, boot.NewSite{})
	for info, code := range map[string]int{
		`{"thumbnailURL":"http://x/y"}`: 400006, `[]`: 400004, `{`: 400004, `{"age":"x"}`: 400006, `{"gender":"x"}`: 400006,
		`{"email":"x"}`: 400006, `{"photoURL":"javascript:alert(1)"}`: 400006, `{"nickname":5}`: 400006, `null`: 400004,
	} {
		if got := i.call("socialize.setUserInfo", "jane", "userInfo", info); got.code() != code {
			t.Errorf("%s: got %s", info, got.body)
		}
	}
	i.want(i.call("socialize.setUserInfo", "jane", "userInfo",
		`{"nickname":"J","firstName":"Jane","age":30,"gender":"f","photoURL":"http://x/p.jpg","thumbnailURL":"http://x/t.jpg","other":1}`), 0)
	i.want(i.call("socialize.setUserInfo", "jane", "userInfo", `{"nickname":"Janey","firstName":""}`), 0)
	got := i.want(i.call("socialize.getUserInfo", "jane"), 0)
	if got.text("nickname") != "Janey" || got.said["firstName"] != nil || got.said["age"] != 30.0 || got.text("photoURL") != "http://x/p.jpg" ||
		got.said["other"] != nil || got.text("UID") != "jane" {
		t.Errorf("got %s", got.body)
	}
	i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", photo("me.png", 5000), "publish", "true"), 0)
	if got := i.call("socialize.getUserInfo", "jane"); !strings.HasPrefix(got.text("photoURL"), i.URL) || !strings.HasPrefix(got.text("thumbnailURL"), i.URL) {
		t.Errorf("after a photo: %s", got.body)
	}
}

func TestAClosedDirectoryAddsNobody(t *testing.T) {
	t.Parallel()
	i := start(t, func(c *boot.Config) { c.Directory = "closed" }, boot.NewSite{Register: true})
	i.want(i.call("accounts.setProfilePhoto", "jane", "photoBytes", photo("me.png", 5000)), 403005)
	i.want(i.call("accounts.getAccountInfo", "jane"), 403005)
	reg := i.post("accounts.initRegistration", map[string]string{"apiKey": i.key}).text("regToken")
	set := map[string]string{"apiKey": i.key, "regToken": reg, "photoBytes": photo("me.png", 5000), "publish": "true"}
	if got := i.post("accounts.setProfilePhoto", set); got.code() == 0 {
		t.Errorf("a stranger has published: %s", got.body)
	}
	i.want(i.post("accounts.register", map[string]string{"apiKey": i.key, "regToken": reg, "email": "a@b.example", "password": "x"}), 403000)
	if _, err := i.Node().Photos.Holder(t.Context(), 1, association.Identity{System: association.Gigya, Name: "jane"}); err == nil {
		t.Error("jane was added")
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	from := servertest.Start(t) // any server inside
	i := start(t, nil, boot.NewSite{})
	i.want(i.call("accounts.importProfilePhoto", "jane", "url", from.URL+"/me.png"), 400006) // its port
	i.want(i.call("accounts.importProfilePhoto", "jane", "url", "file:///etc/passwd"), 400006)
	i.want(i.call("accounts.importProfilePhoto", "jane", "URL", "http://127.0.0.1/me.png"), 404004)
	known, allowed := inside(t)
	i = start(t, func(c *boot.Config) { c.ImportAllow = []fetch.Exception{allowed} }, boot.NewSite{})
	i.want(i.call("accounts.importProfilePhoto", "jane", "URL", known+"/me.png", "publish", "true"), 0)
	if info := i.call("accounts.getAccountInfo", "jane"); info.text("profile", "photoURL") == "" {
		t.Errorf("not published: %s", info.body)
	}
	i.want(i.call("accounts.importProfilePhoto", "jane", "url", known+"/none"), 404004)
}

// A17: of a hundred who replay one call at two nodes, one succeeds.
func TestAReplayAtTwoNodes(t *testing.T) {
	servertest.Long(t, "starts PostgreSQL")
	t.Parallel()
	stores := servertest.Stores{
		Database: sqltest.Start(t).Empty(t), Blobs: "disk:" + t.TempDir(), Keys: t.TempDir() + "/keys",
	}
	share := func(c *boot.Config) {
		c.Database, c.Blobs, c.Keys = stores.Database, stores.Blobs, stores.Keys
		c.PublicURL = []boot.WebURL{"https://photos.example"}
	}
	one := startAt(t, share, boot.NewSite{}, stores)
	two := servertest.Start(t, servertest.Configured(share))
	p := one.signed("accounts.getAccountInfo", map[string]string{"UID": "jane"})
	p["sig"] = sign(one.secret, http.MethodPost, "https://photos.example/accounts.getAccountInfo", p)
	other := *one
	other.Instance = two
	var good, replayed atomic.Int64
	var all sync.WaitGroup
	for n := range 100 {
		at := one
		if n%2 == 1 {
			at = &other
		}
		all.Go(func() {
			switch at.post("accounts.getAccountInfo", p).code() {
			case 0:
				good.Add(1)
			case 403004:
				replayed.Add(1)
			}
		})
	}
	all.Wait()
	if good.Load() != 1 || replayed.Load() != 99 {
		t.Errorf("got %d successes and %d replays, want 1 and 99", good.Load(), replayed.Load())
	}
}

// However many photos come at once, they are in memory a few at a time.
func TestMemoryOfManyPhotos(t *testing.T) {
	servertest.Long(t, "sends 40 large photos")
	i := start(t, nil, boot.NewSite{})
	text := base64.StdEncoding.EncodeToString(picture(6_291_456))
	form := url.Values{"photoBytes": {text}, "UID": {"jane"}, "apiKey": {i.key}, "sig": {"x"}, "nonce": {"x"}, "timestamp": {"1"}}.Encode()
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				runtime.GC()
				runtime.ReadMemStats(&now)
				peak.Store(max(peak.Load(), now.HeapAlloc))
			}
		}
	})
	var all sync.WaitGroup
	var read atomic.Int64
	for range 40 {
		all.Go(func() {
			got := i.send(http.MethodPost, "/accounts.setProfilePhoto", strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded")
			switch got.code() {
			case 403002: // it was read, and is too old
				read.Add(1)
			case 403048: // on a slow machine its turn does not come
				if got.Header.Get("Retry-After") == "" {
					t.Error("it is not said when to come again")
				}
			default:
				t.Errorf("got %s", got.body)
			}
		})
	}
	all.Wait()
	close(done)
	watch.Wait()
	if read.Load() < 8 {
		t.Errorf("%d calls were read, want as many as may be at once", read.Load())
	}
	// Three times a photo for each that is read, and as much again that waits to be collected: 40 without a queue hold more.
	const most = 8 * 2 * 3 * 6_291_456
	if grown := int64(peak.Load()) - int64(before.HeapAlloc); grown > most {
		t.Errorf("the heap grew by %d bytes, want at most %d", grown, most)
	} else {
		t.Logf("the heap grew by %d bytes", grown)
	}
}
