package fetch_test

import (
	"net"
	"net/netip"
	"testing"

	"cameo/association/fetch"
)

// insideAddresses are none of the internet's, or lead back to such.
var insideAddresses = []string{
	"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3",
	"10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "100.127.255.254",
	"169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.0.8",
	"192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.254", "192.88.99.1",
	"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::7f00:1", "::a9fe:a9fe", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1",
	"::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "100::1",
	"2001::1", "2001:0:7f00:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1",
	"2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:a00:1::", "5f00::1",
	"fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "ff0e::1",
	"2606:2800:220:1::1%lo",
}

// publicAddresses are of the internet.
var publicAddresses = []string{
	"93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "169.253.1.1", "168.63.129.17", "192.0.1.1", "198.20.0.1",
	"2606:2800:220:1::1", "2a00:1450:4001::1", "2001:4860::1", "2003::1",
}

// judged is what a dialer does before it connects.
func judged(g *fetch.Guard, address, port string) error {
	network := "tcp4"
	if netip.MustParseAddr(address).Is6() {
		network = "tcp6"
	}
	return g.Control(network, net.JoinHostPort(address, port), nil)
}

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	g := fetch.NewGuard()
	for _, port := range []string{"80", "443"} {
		for _, a := range insideAddresses {
			if judged(g, a, port) == nil {
				t.Errorf("%s port %s may be dialled", a, port)
			}
		}
		for _, a := range publicAddresses {
			if err := judged(g, a, port); err != nil {
				t.Errorf("%s port %s: got %v, want no error", a, port, err)
			}
		}
	}
	for _, port := range []string{"22", "25", "0", "6379", "8080"} {
		if judged(g, publicAddresses[0], port) == nil {
			t.Errorf("port %s may be dialled", port)
		}
	}
	for _, address := range []string{"", "good.test:80", "93.184.216.34", "/run/docker.sock"} {
		if g.Control("tcp4", address, nil) == nil {
			t.Errorf("%q may be dialled", address)
		}
	}
	for _, network := range []string{"udp4", "unix", "tcp", ""} {
		if g.Control(network, "93.184.216.34:80", nil) == nil {
			t.Errorf("%q may be dialled", network)
		}
	}
}

func TestExceptionsAllowWhatTheyName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		exception, address, port string
		want                     bool
	}{
		{"10.1.0.0/16:8080", "10.1.2.3", "8080", true},
		{"10.1.0.0/16:8080", "::ffff:10.1.2.3", "8080", true},
		{"10.1.0.0/16:8080", "10.1.2.3", "80", false},
		{"10.1.0.0/16:8080", "10.2.0.1", "8080", false},
		{"10.1.0.0/16:8080", "93.184.216.34", "8080", false},
		{"10.1.2.3:80", "10.1.2.3", "80", true},
		{"10.1.2.3:80", "10.1.2.4", "80", false},
		{"10.1.2.3:80", "64:ff9b::a01:203", "80", false},
		{"fd00:1::/64:443", "fd00:1::5", "443", true},
		{"fd00:1::/64:443", "fd00:1::5%lo", "443", false},
		{"fd00:1::/64:443", "fd00:2::5", "443", false},
		{"[::1]:8080", "::1", "8080", true},
		{"[::1]:8080", "127.0.0.1", "8080", false},
		{"0.0.0.0/0:80", "169.254.169.254", "80", true},
		{"0.0.0.0/0:80", "::1", "80", false},
	} {
		var e fetch.Exception
		if err := e.UnmarshalText([]byte(c.exception)); err != nil {
			t.Errorf("%s: got %v, want no error", c.exception, err)
		}
		if err := judged(fetch.NewGuard(e), c.address, c.port); (err == nil) != c.want {
			t.Errorf("%s, %s port %s: got %v, want allowed: %v", c.exception, c.address, c.port, err, c.want)
		}
	}
}

func TestWrongExceptionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", ":", "10.0.0.0/8", "10.0.0.0/8:", "10.0.0.0/8:0", "10.0.0.0/8:65536", "10.0.0.0/8:http", "10.0.0.0/33:80",
		"10.1:80", "localhost:80", "*:80", "10.0.0.0:0", "[fe80::1%lo]:80", "fe80::1%lo/64:80", "::ffff:10.0.0.0/104:80",
		"[::ffff:10.0.0.1]:80", "10.0.0.0/8:80,", "10.0.0.0/8:+80",
	} {
		var e fetch.Exception
		if err := e.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got %v, want an error", text, e)
		}
	}
}
