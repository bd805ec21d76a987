package servertest_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

func TestItSpeaksTLS(t *testing.T) {
	t.Parallel()
	cert, key, trusted := servertest.SelfSigned(t)
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.TLSCert, c.TLSKey = cert, key }))
	if !strings.HasPrefix(i.URL, "https://127.0.0.1:") {
		t.Errorf("got URL %s, want an https one", i.URL)
	}
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: h2}
		t.Cleanup(transport.CloseIdleConnections)
		i.HTTP.Transport = transport
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.URL+"/healthz", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := i.HTTP.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Proto != name {
			t.Errorf("got %d over %s, want 200 over %s", resp.StatusCode, resp.Proto, name)
		}
	}
}
