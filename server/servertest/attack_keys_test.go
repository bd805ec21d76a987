package servertest_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cameo/server/boot"
	"cameo/server/rate"
	"cameo/server/servertest"
	"cameo/storage"
)

// policy allows so many in a window that does not end while the test runs.
func policy(quota int64) rate.Policy {
	for window := 24 * time.Hour; ; window -= time.Hour {
		if rest := window - time.Duration(time.Now().UnixNano())%window; rest > 10*time.Minute {
			return rate.Policy{Quota: quota, Window: window}
		}
	}
}

// passing is what differs between two equal answers: when they were given, and their numbers.
var passing = regexp.MustCompile(`[0-9]{13,15}`)

// blank is an answer without what passes.
func blank(a answer) answer {
	a.header = maps.Clone(a.header)
	for _, name := range []string{"Date", "X-Request-Id", "Retry-After", "Ratelimit", "Ratelimit-Remaining", "Ratelimit-Reset"} {
		a.header.Del(name)
	}
	a.body = passing.ReplaceAll(a.body, []byte("N"))
	return a
}

func wantSame(t *testing.T, what string, got, want answer) {
	t.Helper()
	got, want = blank(got), blank(want)
	if got.status != want.status || string(got.body) != string(want.body) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
	if diff := cmp.Diff(got.header, want.header); diff != "" {
		t.Fatalf("%s: the headers tell (-got +want):\n%s", what, diff)
	}
}

func randomKey(t *testing.T) string {
	t.Helper()
	key, err := storage.DrawKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(key)
}

// ways are those by which something can be asked for by a key.
func ways(key string) map[string]func(c *caller) answer {
	by := func(method, path string, h http.Header) func(*caller) answer {
		return func(c *caller) answer { return c.ask(method, path, h, nil) }
	}
	binary := "/.api2/binaries/" + key
	return map[string]func(c *caller) answer{
		"look":      by(http.MethodGet, entry(key), nil),
		"head":      by(http.MethodHead, entry(key), nil),
		"status":    by(http.MethodPatch, entry(key), http.Header{"Content-Range": {"bytes */*"}}),
		"describe":  by(http.MethodGet, attachments+"/"+key, nil),
		"delete":    by(http.MethodDelete, entry(key), nil),
		"download":  by(http.MethodGet, binary+"/download/me.png", nil),
		"thumbnail": by(http.MethodGet, binary+"/thumbnails/me.png", nil),
		"associate": by(http.MethodPost, attachments+"/"+key+"/association/"+string(servertest.Person("john"))+"?type=ProfilePhoto", nil),
		"version":   by(http.MethodGet, "/v1/communities/1/photos/"+key+key+"/256", nil),
		"tus look":  by(http.MethodHead, tusUploads+key, tusHead()),
		"tus get":   by(http.MethodGet, tusUploads+key, nil),
		"tus send":  by(http.MethodPatch, tusUploads+key, tusHead("Upload-Offset: 0")),
		"tus end":   by(http.MethodDelete, tusUploads+key, tusHead()),
		"resumable": by(http.MethodHead, resumableUploads+"/"+key, resumableHead()),
		"file":      by(http.MethodGet, "/services/data/v58.0/connect/files/06900"+key, nil),
		"content":   by(http.MethodGet, "/services/data/v58.0/connect/files/06900"+key+"/content", nil),
	}
}

// A16: john tries keys. Those of jane look like those of nobody; after a while nothing is looked at any more,
// and even then they look the same.
func TestA16KeysAreTriedOut(t *testing.T) {
	t.Parallel()
	servertest.Long(t, "asks for 10,000 keys")
	const allowed = 1000
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.RatePerson, c.RateMisses = rate.Policy{}, policy(allowed)
	}))
	jane := callInstance(t, i)
	foreign, content := jane.create(500), servertest.Picture("me.png", 500)
	jane.want("jane's upload", jane.patch(foreign, content, 0, 500), http.StatusOK)
	john := *jane
	john.token = i.Token(servertest.Person("john"))

	missed := 0
	for name, ask := range ways(foreign) {
		missing := ways(randomKey(t))[name](&john)
		wantSame(t, name, ask(&john), missing)
		john.want(name, missing, http.StatusNotFound)
		if name != "version" { // nobody asks who looks at a public photo
			missed += 2
		}
	}
	first := john.ask(http.MethodGet, entry(randomKey(t)), nil, nil)
	missed++
	var last answer
	for range 10_000 {
		got := john.ask(http.MethodGet, entry(randomKey(t)), nil, nil)
		if missed < allowed {
			wantSame(t, "a key that nobody has", got, first)
			missed++
			continue
		}
		last = john.want("beyond the limit", got, http.StatusTooManyRequests)
	}
	john.trouble = true // Salesforce's word for too many is 503
	for name, ask := range ways(foreign) {
		missing := ways(randomKey(t))[name](&john)
		wantSame(t, name+" beyond the limit", ask(&john), missing)
		if name != "version" {
			john.want(name+" beyond the limit", missing, http.StatusTooManyRequests, http.StatusServiceUnavailable)
		}
	}
	own := john.create(100) // what guesses at nothing is as it was
	for name, key := range map[string]string{"foreign": foreign, "missing": randomKey(t), "own": own} {
		wantSame(t, name+" beyond the limit", john.ask(http.MethodGet, entry(key), nil, nil), last)
	}
	if got := last.header.Get("Retry-After"); got == "" || !strings.Contains(string(last.body), "misses") {
		t.Errorf("the refusal does not say why and until when: %v", last)
	}
	jane.wantWhole(foreign, content) // at the same address
	if got := blank(jane.ask(http.MethodGet, entry(randomKey(t)), nil, nil)); got.status != http.StatusNotFound {
		t.Errorf("jane pays for john: %v", got)
	}
}

// A16: strangers have no name: they are counted by address, and so are those whose tokens are no good. Whoever operates
// the instance sees it in the metrics.
func TestA16StrangersTryKeys(t *testing.T) {
	t.Parallel()
	ops := freeAddress(t)
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.RateMisses, c.OpsListen = policy(50), ops }))
	jane := callInstance(t, i)
	stranger, forger := *jane, *jane
	stranger.token, forger.token = "", jane.token[:len(jane.token)-4]+"AAAA"
	for n := range 25 {
		path := "/v1/communities/1/photos/" + randomKey(t) + randomKey(t) + "/256"
		stranger.want("a version that is not there", stranger.ask(http.MethodGet, path, nil, nil), http.StatusNotFound)
		if n%2 == 0 {
			forger.want("a forged token", forger.declare("me.png", "image/png", 100), http.StatusUnauthorized)
			continue
		}
		session := http.Header{"Cookie": {fmt.Sprintf("iglooauth=6f9619ff-8b86-d011-b42d-%012d", n)}}
		stranger.want("a session's key", stranger.ask(http.MethodGet, attachments+"/0123456789", session, nil), http.StatusUnauthorized)
	}
	path := "/v1/communities/1/photos/" + randomKey(t) + randomKey(t) + "/256"
	stranger.want("one more", stranger.ask(http.MethodGet, path, nil, nil), http.StatusTooManyRequests)
	forger.want("one more token", forger.declare("me.png", "image/png", 100), http.StatusTooManyRequests)
	operator := stranger
	operator.url = func() string { return "http://" + ops }
	if got := operator.ask(http.MethodGet, "/metrics", nil, nil); !strings.Contains(string(got.body), "cameo_refused_total{why=\"misses\"} 2\n") {
		t.Error("the metrics do not tell of the two refusals")
	}
	stranger.want("the photo of a person", stranger.ask(http.MethodGet, picture(), nil, nil), http.StatusOK)
	stranger.want("no token at all", stranger.declare("me.png", "image/png", 100), http.StatusUnauthorized)
	jane.finish(jane.create(500), servertest.Picture("me.png", 500))
}

// A16: each character is as likely as any other, in each place. The bound is passed by one fair draw in a
// hundred million.
func TestA16KeysAreDrawnEvenly(t *testing.T) {
	t.Parallel()
	const draws, symbols, bound = 20_000, 62, 150.0 // chi squared of 61 degrees of freedom
	var seen [storage.KeyLength]map[byte]int
	keys := map[string]bool{}
	for range draws {
		key := randomKey(t)
		keys[key] = true
		for at := range seen {
			if seen[at] == nil {
				seen[at] = map[byte]int{}
			}
			seen[at][key[at]]++
		}
	}
	if len(keys) != draws {
		t.Errorf("got %d different keys of %d", len(keys), draws)
	}
	for at, counts := range seen {
		const want = float64(draws) / symbols
		sum := want * float64(symbols-len(counts))
		for _, n := range counts {
			sum += (float64(n) - want) * (float64(n) - want) / want
		}
		if sum > bound {
			t.Errorf("character %d: got chi squared %.0f, want at most %.0f", at, sum, bound)
		}
	}
}
