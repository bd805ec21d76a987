package servertest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/client"
	"cameo/server/rate"
	"cameo/server/servertest"
	"cameo/storage/fault"
	"cameo/storage/sqldb/sqltest"
)

// A26: an address floods, and says that it is others.
func TestA26AFloodFromOneAddress(t *testing.T) {
	t.Parallel()
	const allowed = 100
	limit := policy(allowed)
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.RateAddress = limit }))
	jane := callInstance(t, i)
	var refused answer
	for n := range 5 * allowed {
		other := fmt.Sprintf("198.51.100.%d", n%256)
		got := jane.ask(http.MethodGet, picture(), http.Header{
			"X-Forwarded-For": {other}, "X-Real-Ip": {other}, "Forwarded": {"for=" + other}, "True-Client-Ip": {other},
			"Cf-Connecting-Ip": {other}, "X-Client-Ip": {other},
		}, nil)
		if n < allowed {
			jane.want("within the limit", got, http.StatusOK)
			continue
		}
		refused = jane.want("beyond it", got, http.StatusTooManyRequests)
	}
	wait, err := strconv.Atoi(refused.header.Get("Retry-After"))
	window := int(limit.Window.Seconds())
	if err != nil || wait < 1 || wait > window {
		t.Errorf("Retry-After: got %d (%v), want seconds within the window", wait, err)
	}
	for name, want := range map[string]string{
		"RateLimit-Policy": fmt.Sprintf(`"address";q=100;w=%d`, window), "RateLimit": fmt.Sprintf(`"address";r=0;t=%d`, wait),
		"RateLimit-Limit": "100", "RateLimit-Remaining": "0", "RateLimit-Reset": strconv.Itoa(wait),
	} {
		if got := refused.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, path := range []string{"/", "/openapi.yaml", "/nowhere", attachments, entry("0123456789")} {
		jane.want(path, jane.ask(http.MethodGet, path, nil, nil), http.StatusTooManyRequests)
	}
	jane.want("who asks whether it is well", jane.ask(http.MethodGet, "/readyz", nil, nil), http.StatusOK)
}

// Behind a proxy that is trusted its clients are told apart by what it says, not by what they say.
func TestA26ClientsOfATrustedProxy(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.RateAddress = policy(10)
		c.TrustedProxy = []boot.Network{boot.Network(netip.MustParsePrefix("127.0.0.0/8"))}
	}))
	jane := callInstance(t, i)
	for n := range 20 {
		spoofed := fmt.Sprintf("198.51.100.%d, 203.0.113.7", n)
		got := jane.ask(http.MethodGet, "/", http.Header{"X-Forwarded-For": {spoofed}}, nil)
		if want := map[bool]int{true: 200, false: 429}[n < 10]; got.status != want {
			t.Fatalf("request %d of one client: got %v, want %d", n, got, want)
		}
		other := fmt.Sprintf("2001:db8:0:%x::1", n)
		jane.want("another client", jane.ask(http.MethodGet, "/", http.Header{"X-Forwarded-For": {other}}, nil), http.StatusOK)
		site := fmt.Sprintf("2001:db8:ffff:ffff::%x", n)
		got = jane.ask(http.MethodGet, "/", http.Header{"X-Forwarded-For": {site}}, nil)
		if want := map[bool]int{true: 200, false: 429}[n < 10]; got.status != want {
			t.Fatalf("request %d from one /64: got %v, want %d", n, got, want)
		}
	}
}

// A person is known wherever they are, and on which node: what one has counted the other learns.
func TestA26NodesShareALimit(t *testing.T) {
	t.Parallel()
	servertest.Long(t, "starts PostgreSQL")
	const allowed = 200
	stores := servertest.Stores{
		Database: sqltest.Start(t).Empty(t), Blobs: "disk:" + filepath.Join(t.TempDir(), "blobs"),
		Keys: filepath.Join(t.TempDir(), "keys"),
	}
	limited := servertest.Configured(func(c *boot.Config) { c.RatePerson = policy(allowed) })
	a := servertest.Start(t, servertest.Shared(stores), limited)
	b := servertest.Start(t, servertest.Shared(stores), limited)
	jane, there := callInstance(t, a), callInstance(t, b)
	for range allowed {
		jane.want("within the limit", jane.ask(http.MethodGet, entry("0123456789"), nil, nil), http.StatusNotFound)
	}
	jane.want("beyond it", jane.ask(http.MethodGet, entry("0123456789"), nil, nil), http.StatusTooManyRequests)
	passed := 0
	for there.ask(http.MethodGet, entry("0123456789"), nil, nil).status != http.StatusTooManyRequests {
		if passed++; passed > allowed/2 {
			t.Fatalf("the other node has let %d requests pass", passed)
		}
		time.Sleep(100 * time.Millisecond)
	}
	john := *there
	john.token = b.Token(servertest.Person("john"))
	john.want("somebody else", john.ask(http.MethodGet, entry("0123456789"), nil, nil), http.StatusNotFound)
}

// Uploads by our own client meet a limit and go on when they may.
func TestA26OurClientComesAgain(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.RatePerson = rate.Policy{Quota: 2, Window: time.Second}
	}))
	c, err := client.New(i.URL, "1", i.Token(servertest.Person("jane")), stranger(t))
	if err != nil {
		t.Fatal(err)
	}
	waited := 0
	c = c.Patient(time.Minute, func(cause error, pause time.Duration) {
		e, ok := errors.AsType[*client.Error](cause)
		if !ok || !fault.Is(cause, fault.TooMany) || e.After != time.Second || pause < e.After {
			t.Errorf("it waits %v because of %v", pause, cause)
		}
		waited++
	})
	content := servertest.Picture("me.png", 5000)
	from := client.Source{ReaderAt: strings.NewReader(string(content)), Size: 5000, Name: "me.png", Type: "image/png"}
	if a, err := c.Put(t.Context(), from, client.PutOptions{ChunkSize: 1000}); err != nil || !a.Complete {
		t.Errorf("got %+v, %v", a, err)
	}
	if waited == 0 {
		t.Error("the limit was never met")
	}
}
