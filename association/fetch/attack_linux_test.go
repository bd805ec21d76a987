package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/association/fetch"
	"cameo/association/imaging"
	"cameo/storage/fault"
)

// attack is what runs in the namespace, one attack after the other: they count the same canaries.
func attack(t *testing.T, dir string) {
	isolate(t, dir)
	w := newWorld(t, dir)
	w.name("good.test", []string{stage4.String(), stage6.String()})
	w.name("other.test", []string{stage4.String()})
	t.Run("attacks", func(t *testing.T) {
		for _, a := range []struct {
			name string
			run  func(*testing.T, *world)
		}{
			{"the canaries sing", canariesSing},
			{"good pictures", goodPictures},
			{"A20 addresses", attackAddresses},
			{"A21 redirects", attackRedirects},
			{"A22 names that change", attackRebinding},
			{"A23 schemes, ports and proxies", attackSchemes},
			{"A23 bodies", attackBodies},
			{"A23 time", attackTime},
			{"A23 memory", attackMemory},
			{"exceptions", attackExceptions},
			{"nothing of the sender is told", nothingTold},
		} {
			w.forget()
			t.Run(a.name, func(t *testing.T) { a.run(t, w) })
		}
	})
}

// patient are the limits of everybody, but failures are told at once.
func patient() fetch.Limits {
	l := fetch.DefaultLimits()
	l.Floor = time.Millisecond
	return l
}

// unreachable wants the one answer, in its one wording.
func unreachable(t *testing.T, what string, p fetch.Picture, err error) {
	t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || p.Bytes != nil {
		t.Errorf("%s: got %d bytes and %v, want the one answer", what, len(p.Bytes), err)
		return
	}
	got := fmt.Sprint(e.Kind, e.Message, e.Param, e.Reason)
	if want := fmt.Sprint(fault.NotFound, "no picture can be fetched from this URL", "", "unreachable"); got != want {
		t.Errorf("%s: got %s, want %s (%v)", what, got, want, err)
	}
}

// silent wants that no canary was called.
func silent(t *testing.T, w *world) {
	t.Helper()
	if hits, _ := w.forget(); len(hits) > 0 {
		t.Errorf("canaries were called: %v", hits)
	}
}

// canariesSing shows that the canaries are there: without it their silence would prove nothing.
func canariesSing(t *testing.T, w *world) {
	for _, address := range insideAddresses {
		a := netip.MustParseAddr(address)
		if a.IsMulticast() || a.Zone() != "" || a.IsLinkLocalUnicast() && a.Is6() || address == "255.255.255.255" {
			continue // the kernel has no way there, with or without a guard
		}
		conn, err := net.DialTimeout("tcp", netip.AddrPortFrom(a, 80).String(), 2*time.Second)
		if err != nil {
			t.Errorf("%s: %v", a, err)
			continue
		}
		conn.Close()
		heard := func() bool { hits, _ := w.forget(); return len(hits) == 1 }
		if !waitFor(heard) {
			t.Errorf("%s: no canary sang", a)
		}
	}
}

// waitFor asks for at most two seconds.
func waitFor(is func() bool) bool {
	for range 200 {
		if is() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func goodPictures(t *testing.T, w *world) {
	f := fetcher(patient())
	for _, c := range []struct {
		name, url, mediaType string
		want                 []byte
	}{
		{"a name", "http://good.test/a.png", imaging.PNG, goodPicture()},
		{"https", "https://good.test/a.png", imaging.PNG, goodPicture()},
		{"IPv4", "http://93.184.216.34/", imaging.PNG, goodPicture()},
		{"IPv4, mapped", "http://[::ffff:93.184.216.34]/", imaging.PNG, goodPicture()},
		{"IPv6", "http://[2606:2800:220:1::1]/", imaging.PNG, goodPicture()},
		{"a dot at the end", "http://good.test./", imaging.PNG, goodPicture()},
		{"a wide name", "http://ｇｏｏｄ。test/", imaging.PNG, goodPicture()},
		{"three redirects", "http://good.test/hops/3", imaging.PNG, goodPicture()},
		{"another type than declared", "http://good.test/jpeg-named.png", imaging.JPEG, nil},
		{"as large as may be", "http://good.test/largest", imaging.PNG, largePicture(limit)},
	} {
		p, err := f.Fetch(t.Context(), c.url)
		if err != nil || p.Type != c.mediaType || c.want != nil && !bytes.Equal(p.Bytes, c.want) {
			t.Errorf("%s: got %d bytes of %q and %v", c.name, len(p.Bytes), p.Type, err)
		}
	}
	silent(t, w)
}

// attackAddresses asks for each inside address as itself and by a name, and for each wrong spelling.
func attackAddresses(t *testing.T, w *world) {
	f := fetcher(patient())
	hosts := []string{"localhost", "localhost.", "LOCALHOST", "ｌｏｃａｌｈｏｓｔ", "ip6-localhost", "nowhere.test"}
	for i, address := range insideAddresses {
		a := netip.MustParseAddr(address)
		if a.Zone() != "" {
			continue
		}
		literal := address
		if a.Is6() {
			literal = "[" + address + "]"
		}
		name := fmt.Sprintf("inside%d.test", i)
		w.name(name, []string{address})
		hosts = append(hosts, literal, name)
	}
	for _, host := range hosts {
		for _, scheme := range []string{"http", "https"} {
			p, err := f.Fetch(t.Context(), scheme+"://"+host+"/latest/meta-data/")
			unreachable(t, scheme+" "+host, p, err)
		}
	}
	for name, raw := range wrongURLs {
		if _, err := f.Fetch(t.Context(), raw); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
	silent(t, w)
}

// attackRedirects leads from the stage to where it would not be let go at once.
func attackRedirects(t *testing.T, w *world) {
	f := fetcher(patient())
	w.name("inside.test", []string{"10.0.0.1"})
	targets := []string{
		"http://inside.test/", "http://10.0.0.1/", "https://127.0.0.1/", "//169.254.169.254/latest/", "http://localhost/",
		"http://[::1]/", "http://[fd00:ec2::254]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/",
		"", "http://", "?", "http://good.test/to", "http://good.test/hops/3", "http://good.test/hops/20",
	}
	for _, raw := range wrongURLs {
		// What does not begin so is relative to the stage; no line ends in the midst of a header.
		if strings.HasPrefix(raw, "http") && !strings.ContainsAny(raw, "\r\n") && len(raw) < 1000 {
			targets = append(targets, raw)
		}
	}
	targets = append(targets, "file:///etc/passwd", "ftp://good.test/", "gopher://127.0.0.1:6379/", "data:image/png;base64,")
	for _, to := range targets {
		p, err := f.Fetch(t.Context(), "http://good.test/to?url="+url.QueryEscape(to))
		unreachable(t, "to "+to, p, err)
	}
	for _, c := range []struct{ name, url string }{
		{"four hops", "http://good.test/hops/4"},
		{"twenty hops", "http://good.test/hops/20"},
		{"from https to less", "https://good.test/to?url=" + url.QueryEscape("http://good.test/")},
		{"credentials", "http://good.test/to?url=" + url.QueryEscape("http://me:secret@good.test/")},
	} {
		p, err := f.Fetch(t.Context(), c.url)
		unreachable(t, c.name, p, err)
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats the password: %v", c.name, err)
		}
	}
	up := "http://good.test/to?url=" + url.QueryEscape("https://good.test/")
	if _, err := f.Fetch(t.Context(), up); err != nil {
		t.Errorf("from http to https: got %v, want no error", err)
	}
	silent(t, w)
}

// attackRebinding changes what a name means between looks, and mixes addresses.
func attackRebinding(t *testing.T, w *world) {
	f := fetcher(patient())
	public, metadata := []string{stage4.String()}, []string{"169.254.169.254"}
	w.name("rebind.test", public, metadata)
	if _, err := f.Fetch(t.Context(), "http://rebind.test/"); err != nil {
		t.Errorf("while it is public: got %v, want no error", err)
	}
	p, err := f.Fetch(t.Context(), "http://rebind.test/")
	unreachable(t, "once it is not", p, err)

	w.name("rebind.test", public, metadata)
	p, err = f.Fetch(t.Context(), "http://rebind.test/to?url="+url.QueryEscape("http://rebind.test/"))
	unreachable(t, "between a redirect and its target", p, err)

	for name, mixed := range map[string][]string{
		"A":                {"10.0.0.1", stage4.String(), "127.0.0.1"},
		"AAAA":             {"fd00:ec2::254", stage6.String(), "::1"},
		"A inside":         {"10.0.0.1", stage6.String()},
		"AAAA inside":      {"fd00:ec2::254", stage4.String()},
		"AAAA mapped":      {"::ffff:10.0.0.1", stage4.String()},
		"AAAA translating": {"64:ff9b::a9fe:a9fe", stage4.String()},
	} {
		w.name("mixed.test", mixed)
		for range 5 {
			if _, err := f.Fetch(t.Context(), "http://mixed.test/"); err != nil {
				t.Errorf("%s: got %v, want the public one's picture", name, err)
			}
		}
	}
	for _, inside := range [][]string{{"10.0.0.1", "fd00:ec2::254"}, {"127.0.0.1", "::1"}, {"::ffff:127.0.0.1"}, {}} {
		w.name("mixed.test", inside)
		p, err := f.Fetch(t.Context(), "http://mixed.test/")
		unreachable(t, strings.Join(inside, " and "), p, err)
	}
	silent(t, w)
}

// attackSchemes needs no table of its own: the wrong URLs have them, and the proxies of the environment would
// be called by any fetch.
func attackSchemes(t *testing.T, w *world) {
	f := fetcher(patient())
	for _, raw := range []string{"http://good.test/", "https://good.test/", "http://93.184.216.34/"} {
		if _, err := f.Fetch(t.Context(), raw); err != nil {
			t.Errorf("%s: got %v, want no error", raw, err)
		}
	}
	for _, port := range []string{"22", "6379", "8080", "3128"} {
		if _, err := f.Fetch(t.Context(), "http://93.184.216.34:"+port+"/"); !fault.Is(err, fault.Invalid) {
			t.Errorf("port %s: got %v, want Invalid", port, err)
		}
	}
	p, err := f.Fetch(t.Context(), "https://other.test/")
	unreachable(t, "a certificate of another", p, err)
	p, err = f.Fetch(t.Context(), "https://good.test:80/")
	unreachable(t, "no TLS there", p, err)
	p, err = f.Fetch(t.Context(), "http://good.test:443/")
	unreachable(t, "TLS there", p, err)
	silent(t, w)
}

// attackBodies asks for what is none of the pictures that are wanted.
func attackBodies(t *testing.T, _ *world) {
	f := fetcher(patient())
	for path, want := range map[string]fault.Kind{
		"declared": fault.TooLarge, "endless": fault.TooLarge,
		"bomb": fault.Unsupported, "bomb-behind": fault.Unsupported, "gzip-unsaid": fault.Unsupported,
		"text": fault.Unsupported, "short-text": fault.Unsupported, "nothing": fault.Unsupported,
		"page": fault.Unsupported, "webp": fault.Unsupported, "svg": fault.Unsupported,
		"coded": fault.Unsupported, "cut": fault.NotFound, "large-headers": fault.NotFound,
		"status/204": fault.NotFound, "status/206": fault.NotFound, "status/304": fault.NotFound,
		"status/401": fault.NotFound, "status/404": fault.NotFound, "status/500": fault.NotFound,
	} {
		p, err := f.Fetch(t.Context(), "http://good.test/"+path)
		if !fault.Is(err, want) || p.Bytes != nil {
			t.Errorf("%s: got %d bytes and %v, want %v", path, len(p.Bytes), err, want)
		}
		if want == fault.NotFound {
			unreachable(t, path, p, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats the body: %v", path, err)
		}
	}
}

// attackTime asks servers that do not come to their point. Each row can end by one limit only.
func attackTime(t *testing.T, _ *world) {
	const never, soon = 5 * time.Minute, 500 * time.Millisecond
	for _, c := range []struct {
		path           string
		headers, whole time.Duration
	}{
		{"silent", soon, never},
		{"silent", never, soon},
		{"slow-headers", soon, never},
		{"slow-headers", never, soon},
		{"slow-body", never, soon},
		{"endless-headers", never, never},
		{"endless-interim", never, never},
		{"no-http", never, never},
	} {
		l := patient()
		l.Headers, l.Time = c.headers, c.whole
		ctx, end := context.WithTimeout(t.Context(), 30*time.Second)
		p, err := fetcher(l).Fetch(ctx, "http://good.test/"+c.path)
		end()
		unreachable(t, fmt.Sprintf("%s, headers %v, whole %v", c.path, c.headers, c.whole), p, err)
	}
}

// attackMemory lets many fetch what is too large at once: memory is bounded by how many run, not how many come.
func attackMemory(t *testing.T, _ *world) {
	l := patient()
	l.AtOnce, l.Waiting, l.Time, l.Wait = 2, 100, time.Minute, 2*time.Minute
	f := fetcher(l)
	most := make(chan uint64)
	ctx, end := context.WithCancel(t.Context())
	go func() { most <- heapUntil(ctx) }()
	failures := make(chan error)
	for range 40 {
		go func() {
			_, err := f.Fetch(t.Context(), "http://good.test/endless")
			failures <- err
		}()
	}
	for range 40 {
		if err := <-failures; !fault.Is(err, fault.TooLarge) {
			t.Errorf("got %v, want TooLarge", err)
		}
	}
	end()
	got := <-most
	if t.Logf("%d MiB", got>>20); got > 80<<20 { // forty at once would be 240 MiB at their end
		t.Errorf("got %d MiB of memory, want at most 80", got>>20)
	}
}

// heapUntil returns the most bytes of the heap that were in use, without garbage, until ctx ended.
func heapUntil(ctx context.Context) uint64 {
	var most uint64
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}
	return most
}

// attackExceptions wants that what an exception lets through is fetched, and otherwise told of like the rest.
func attackExceptions(t *testing.T, w *world) {
	f := fetcher(patient(), fetch.Exception{Network: netip.MustParsePrefix("10.1.0.0/16"), Port: 8080})
	w.name("intranet.test", []string{"10.1.2.3"})
	if _, err := f.Fetch(t.Context(), "http://intranet.test:8080/"); err != nil {
		t.Errorf("got %v, want no error", err)
	}
	hits, _ := w.forget()
	if want := []netip.AddrPort{netip.MustParseAddrPort("10.1.2.3:8080")}; !slices.Equal(hits, want) {
		t.Errorf("got calls of %v, want %v", hits, want)
	}
	through := url.QueryEscape("http://intranet.test:8080/text")
	back := url.QueryEscape("http://good.test/text")
	for _, raw := range []string{
		"http://intranet.test:8080/text", "http://intranet.test:8080/endless", "http://intranet.test:8080/bomb",
		"http://intranet.test:8080/status/404", "http://good.test/to?url=" + through,
		"http://intranet.test:8080/to?url=" + back,
	} {
		p, err := f.Fetch(t.Context(), raw)
		unreachable(t, raw, p, err)
	}
	w.forget()
	for _, raw := range []string{"http://10.1.2.3/", "http://10.2.0.1:8080/", "http://93.184.216.34:8080/", "http://[::1]:8080/"} {
		p, err := f.Fetch(t.Context(), raw)
		unreachable(t, raw, p, err)
	}
	silent(t, w)
}

// nothingTold wants requests that hold nothing but what every request of ours holds.
func nothingTold(t *testing.T, w *world) {
	to := "http://good.test/to?key=secret&url=" + url.QueryEscape("http://OTHER.test.:80/a.png#part")
	if _, err := fetcher(patient()).Fetch(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	requests := w.seen()
	if len(requests) != 2 || requests[1].Host != "other.test" {
		t.Fatalf("got %d requests, want one of each host", len(requests))
	}
	for _, r := range requests {
		got := fmt.Sprintf("%s %v", r.Method, r.Header)
		want := "GET map[Accept:[image/png, image/jpeg, image/gif] Accept-Encoding:[identity] Connection:[close] User-Agent:[Cameo]]"
		if got != want {
			t.Errorf("%s: got %s, want %s", r.Host, got, want)
		}
	}
	silent(t, w)
}
