package servertest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// selfSigned writes a certificate for 127.0.0.1 and its key, and returns their paths and a pool that trusts it.
func selfSigned(t *testing.T) (cert, key string, trusted *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key, trusted = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	trusted.AppendCertsFromPEM(text)
	for name, text := range map[string][]byte{cert: text, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, trusted
}

func TestItSpeaksTLS(t *testing.T) {
	t.Parallel()
	cert, key, trusted := selfSigned(t)
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
