package fetch_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// The addresses of the stage, a server of the internet. Every other address is a canary's.
var (
	stage4 = netip.MustParseAddr("93.184.216.34")
	stage6 = netip.MustParseAddr("2606:2800:220:1::1")
)

// world is everything that can be reached in the namespace. Canaries serve what the stage does: who is let
// through to one gets a good picture.
type world struct {
	mu       sync.Mutex
	hits     []netip.AddrPort                    // connections to canaries
	visits   int                                 // connections to the stage
	requests []*http.Request                     // that arrived anywhere
	names    map[string]func(n int) []netip.Addr // what a name's n-th look-up finds, n from 0
	asked    map[string]int                      // look-ups of IPv4 addresses so far
}

// newWorld listens on each address of the namespace.
func newWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{names: map[string]func(int) []netip.Addr{}, asked: map[string]int{}}
	certificate := w.certificate(t, dir)
	server := &http.Server{Handler: w.stage(), ErrorLog: log.New(io.Discard, "", 0)}
	for _, port := range []string{"80", "443", "22", "6379", "3128", "8080"} {
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			t.Fatal(err)
		}
		listener = canary{listener, w}
		if port == "443" {
			listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}})
		}
		go server.Serve(listener)
	}
	t.Cleanup(func() { server.Close() })
	w.answerNames(t)
	return w
}

// canary notes who was called before anything is read.
type canary struct {
	net.Listener
	w *world
}

func (c canary) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	to := netip.MustParseAddrPort(conn.LocalAddr().String())
	a := to.Addr().Unmap()
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if (a == stage4 || a == stage6) && (to.Port() == 80 || to.Port() == 443) {
		c.w.visits++
	} else {
		c.w.hits = append(c.w.hits, netip.AddrPortFrom(a, to.Port()))
	}
	return conn, nil
}

// forget begins a new count and returns the old one.
func (w *world) forget() (hits []netip.AddrPort, visits int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	hits, visits = w.hits, w.visits
	w.hits, w.visits, w.requests = nil, 0, nil
	return hits, visits
}

// seen returns the requests that arrived since the count began.
func (w *world) seen() []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

// name makes a host name lead to each of these sets of addresses in turn, and to the last one for ever.
func (w *world) name(host string, sets ...[]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[host] = 0
	w.names[host] = func(n int) []netip.Addr {
		var found []netip.Addr
		for _, a := range sets[min(n, len(sets)-1)] {
			found = append(found, netip.MustParseAddr(a))
		}
		return found
	}
}

// answerNames is the namespace's name server.
func (w *world) answerNames(t *testing.T) {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		for packet := make([]byte, 1500); ; {
			n, from, err := socket.ReadFrom(packet)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			if answer, err := w.resolve(m); err == nil {
				socket.WriteTo(answer, from)
			}
		}
	}()
}

// resolve answers one question. A name that nobody has made does not exist. An IPv4-mapped address is told as
// the IPv6 address that it is written as.
func (w *world) resolve(m dnsmessage.Message) ([]byte, error) {
	q := m.Questions[0]
	host := strings.TrimSuffix(strings.ToLower(q.Name.String()), ".")
	m.Header.Response, m.Header.RecursionAvailable, m.Additionals = true, true, nil
	w.mu.Lock()
	defer w.mu.Unlock()
	find, ok := w.names[host]
	if !ok {
		m.Header.RCode = dnsmessage.RCodeNameError
		return m.Pack()
	}
	about := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
	for _, a := range find(w.asked[host]) {
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: about, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: about, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	if q.Type == dnsmessage.TypeA {
		w.asked[host]++
	}
	return m.Pack()
}

// certificate is for good.test, and the child believes it.
func (w *world) certificate(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"good.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
