package igloo_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
)

// withTLS gives the instance a certificate of its own making.
func withTLS(t *testing.T) func(*boot.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	keep := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, private := keep("cert.pem", "CERTIFICATE", certificate), keep("key.pem", "PRIVATE KEY", secret)
	return func(c *boot.Config) { c.TLSCert, c.TLSKey = cert, private }
}

// createBy is create over a client of net/http.
func (i *instance) createBy(t *testing.T, c *http.Client) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", i.URL+attachments,
		strings.NewReader(fmt.Sprintf(`{"ContentLength":%d,"ContentType":"image/png","Name":"me.png"}`, size)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+i.token(jane))
	got, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	location := got.Header.Get("Location")
	return location[strings.LastIndex(location, "/")+1:]
}
