package servertest_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"image"
	_ "image/jpeg"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// manage does what a command does while the instance runs, and reads what it prints.
func manage(t *testing.T, i *servertest.Instance, work func(*boot.People, io.Writer) error, into any) {
	t.Helper()
	var out bytes.Buffer
	err := boot.ManagePeople(t.Context(), boot.Stores{Data: i.Data}, "1", boot.ThisMachine(io.Discard),
		func(p *boot.People) error { return work(p, &out) })
	if err == nil {
		err = json.Unmarshal(out.Bytes(), into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tunnel is a proxy that leads to one address, whatever host is asked for: as the names of hosts do that were given
// another meaning.
func tunnel(t *testing.T, to string) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := net.Dial("tcp", to)
		if r.Method != http.MethodConnect || err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer out.Close()
		w.WriteHeader(http.StatusOK)
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer in.Close()
		go func() { _, _ = io.Copy(out, in); _ = out.(*net.TCPConn).CloseWrite() }()
		_, _ = io.Copy(in, out)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// gigyaSite is what the script is told of a site.
type gigyaSite struct {
	APIKey     string `json:"apiKey"`
	Secret     string `json:"secret"`
	UserKey    string `json:"userKey"`
	UserSecret string `json:"userSecret"`
	RSAKey     string `json:"rsaKey"`
	PrivateKey string `json:"privateKey"`
	Photo      string `json:"photo"`
	Authority  string `json:"authority"`
}

// The npm package gigya sets photos as it is, in each of its ways to show who it is, over TLS. The hosts that it calls
// lead to the instance.
func TestGigyaClient(t *testing.T) {
	servertest.Long(t, "Node.js and its packages")
	t.Parallel()
	found, err := exec.Command(filepath.Join("..", "..", "deploy", "tools", "tools.sh"), "clients").Output()
	folder := filepath.Join(strings.TrimSpace(string(found)), "gigya")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "node_modules", "gigya"))
	}
	servertest.Require(t, "npm", err == nil, "npm and Node.js are not installed, or the registry cannot be reached")
	hosts := []string{"accounts.us1.gigya.com", "socialize.us1.gigya.com"}
	cert, key, trusted := servertest.SelfSigned(t, hosts...)
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) {
		c.TLSCert, c.TLSKey = cert, key
		c.PublicURL = []boot.WebURL{boot.WebURL("https://" + hosts[0]), boot.WebURL("https://" + hosts[1])}
	}))
	i.HTTP.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
	site := gigyaSite{Authority: cert, Photo: base64.StdEncoding.EncodeToString(servertest.Picture("gigya", 3000))}
	manage(t, i, func(p *boot.People, to io.Writer) error { return p.AddSite(t.Context(), boot.NewSite{}, to) }, &site)
	var user, rsa struct{ UserKey, Secret, PrivateKey string }
	manage(t, i, func(p *boot.People, to io.Writer) error { return p.AddSiteKey(t.Context(), site.APIKey, false, to) }, &user)
	manage(t, i, func(p *boot.People, to io.Writer) error { return p.AddSiteKey(t.Context(), site.APIKey, true, to) }, &rsa)
	site.UserKey, site.UserSecret, site.RSAKey, site.PrivateKey = user.UserKey, user.Secret, rsa.UserKey, rsa.PrivateKey
	told, err := json.Marshal(site)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "photo.mjs", string(told))
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "NO_PROXY=", "no_proxy=", "HTTPS_PROXY="+tunnel(t, strings.TrimPrefix(i.URL, "https://")))
	limit := time.AfterFunc(within(60*time.Second), func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	said, err := cmd.CombinedOutput()
	_, shown, ok := strings.Cut(strings.TrimSpace(string(said)), "done ")
	if err != nil || !ok {
		t.Fatalf("the client ended with %v and said: %s", err, said)
	}
	wantThumbnail(t, i, shown)
}

// wantThumbnail wants that a picture of 100 by 80 pixels is shown at the address, whose host leads to the instance.
func wantThumbnail(t *testing.T, i *servertest.Instance, address string) {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "https" || !strings.HasSuffix(at.Host, ".gigya.com") {
		t.Fatalf("got the address %q, want one of the host that was called", address)
	}
	got, err := i.HTTP.Get(i.URL + at.RequestURI())
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	p, _, err := image.DecodeConfig(got.Body)
	if err != nil || p.Width != 100 || p.Height != 80 {
		t.Errorf("got a thumbnail of %d×%d, %v, want 100×80", p.Width, p.Height, err)
	}
}
