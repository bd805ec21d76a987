package tus_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// The requests of TUSKit, in the words in which it sends them: its own spelling of the protocol's name, a blank behind the
// comma, a HEAD before it goes on. In its first rewritten form it had its own spelling of filename too, and did not
// complete an address by that of the server.
//
// Source: Sources/TUSKit/TUSAPI.swift of github.com/tus/TUSKit in its first and in a later form; what URLSession adds. No
// device has sent them.
func TestRequestsOfTUSKit(t *testing.T) {
	t.Parallel()
	for name, metadata := range map[string]string{
		"first": "fileName " + encoded("me.png") + ", filetype " + encoded("image/png"),
		"later": "filetype " + encoded("image/png") + ", filename " + encoded("me.png"), // in any order
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := start(t)
			data := picture("kit")
			got := i.send(request{method: "POST", path: uploads, bare: true, head: []string{
				"TUS-Resumable: 1.0.0", "Upload-Extension: creation", fmt.Sprint("Upload-Length: ", size), "Upload-Metadata: " + metadata,
				"Accept: */*", "User-Agent: Example/1 CFNetwork/1410.0.3 Darwin/22.6.0", "Accept-Language: en-US,en;q=0.9",
			}})
			at, whole := strings.CutPrefix(got.Header.Get("Location"), "http://cameo.test")
			if got.StatusCode != 201 || !whole {
				t.Fatalf("got %v", got)
			}
			for from := 0; from < size; from += size / 2 {
				if got := i.want(200, request{method: "HEAD", path: at, bare: true, head: []string{"TUS-Resumable: 1.0.0"}}); got.Header.Get("Upload-Length") != fmt.Sprint(size) {
					t.Fatalf("got %v", got)
				}
				i.want(204, request{method: "PATCH", path: at, bare: true, body: data[from : from+size/2], head: []string{
					"TUS-Resumable: 1.0.0", octets, fmt.Sprint("Upload-Offset: ", from),
				}})
			}
			got = i.want(200, request{method: "GET", path: at})
			if got.body != string(data) || got.Header.Get("Content-Disposition") != `attachment; filename="me.png"` {
				t.Errorf("got %d bytes, %v", len(got.body), got.Header)
			}
		})
	}
}

// The requests of tus-java-client, on which tus-android-client stands: bodies in chunks, announced by
// Expect, and where the platform knows no PATCH, a POST in its place.
//
// Source: TusClient.java and TusUploader.java of github.com/tus/tus-java-client; what Android's HttpURLConnection adds.
// No device has sent them.
func TestRequestsOfTusAndroid(t *testing.T) {
	t.Parallel()
	for name, method := range map[string][]string{
		"PATCH": {"PATCH"}, "POST in its place": {"POST", "X-HTTP-Method-Override: PATCH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := start(t)
			data := picture("android")
			got := i.want(201, request{method: "POST", path: uploads, head: []string{
				"Upload-Metadata: filename " + encoded("me.png") + ",filetype " + encoded("image/png"),
				fmt.Sprint("Upload-Length: ", size), "User-Agent: Dalvik/2.1.0", "Accept-Encoding: gzip", "Connection: Keep-Alive",
			}})
			at := got.Header.Get("Location")
			i.want(200, request{method: "HEAD", path: at, head: []string{"Accept-Encoding: gzip", "Connection: Keep-Alive"}})
			for from := 0; from < size; from += 1000 {
				got := i.want(204, request{method: method[0], path: at, body: chunked(data[from:from+1000], ""), head: append(method[1:],
					octets, fmt.Sprint("Upload-Offset: ", from), "Expect: 100-continue", "Transfer-Encoding: chunked",
				)})
				if !got.asked || got.Header.Get("Upload-Offset") != fmt.Sprint(from+1000) {
					t.Fatalf("asked is %v: %v", got.asked, got)
				}
			}
			i.wantFile(at, data)
		})
	}
}

// Location is an address by which the client can go on.
func TestLocation(t *testing.T) {
	t.Parallel()
	cert, key, trusted := servertest.SelfSigned(t)
	post := func(t *testing.T, i *instance, head ...string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.URL+uploads, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range append(head, "Tus-Resumable: 1.0.0", "Upload-Length: 5", pngMeta, "Authorization: Bearer "+i.token("jane")) {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
		got, err := web.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		web.CloseIdleConnections()
		return got.Header.Get("Location")
	}
	for _, c := range []struct {
		name   string
		change func(*boot.Config)
		head   []string
		want   func(url string) string
	}{
		{"plain", func(*boot.Config) {}, nil, func(url string) string { return url }},
		{"behind a proxy with TLS", func(b *boot.Config) {
			b.TrustedProxy = []boot.Network{boot.Network(netip.MustParsePrefix("127.0.0.0/8"))}
		}, []string{"X-Forwarded-Proto: https"}, func(url string) string {
			return strings.Replace(url, "http:", "https:", 1)
		}},
		{"with TLS", func(b *boot.Config) { b.TLSCert, b.TLSKey = cert, key }, nil, func(url string) string { return url }},
		{"with a public URL", func(b *boot.Config) { b.PublicURL = []boot.WebURL{"https://photos.example.com"} }, nil, func(string) string {
			return "https://photos.example.com"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := start(t, servertest.Configured(c.change))
			if got, want := post(t, i, c.head...), c.want(i.URL)+uploads; !strings.HasPrefix(got, want) {
				t.Errorf("got %s, want %s…", got, want)
			}
		})
	}
}
