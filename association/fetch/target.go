package fetch

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"cameo/storage/fault"
)

// Judge reads a URL and returns its one spelling: host in lower case and ASCII, no default port, no fragment.
// Invalid when it is wrong in itself, whatever may be there. No name is looked up and nothing is dialled.
func (f *Fetcher) Judge(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, fault.New(fault.Invalid, "the URL has more than %d characters", maxURL)
	}
	// Readers of URLs differ in what they make of these, and whoever differs can be led astray.
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7F }) {
		return nil, fault.New(fault.Invalid, "the URL has a space, a backslash or a control character")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fault.Wrap(withoutURL(err), fault.Invalid, "the URL cannot be read")
	}
	return f.canonical(u)
}

// canonical judges a URL that could be read, of the stranger or of a redirect.
func (f *Fetcher) canonical(u *url.URL) (*url.URL, error) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fault.New(fault.Invalid, "the URL must begin with http:// or https://")
	case u.User != nil:
		return nil, fault.New(fault.Invalid, "the URL must not have a user or a password")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, fault.New(fault.Invalid, "the URL has no host")
	}
	host, err := f.host(u)
	if err != nil {
		return nil, err
	}
	port, err := f.port(u)
	if err != nil {
		return nil, err
	}
	c := *u
	c.Host, c.Fragment, c.RawFragment = host+port, "", ""
	return &c, nil
}

// host returns the URL's host as it will be asked for: an address in its one spelling (in brackets where
// it is of IPv6), or a name in ASCII.
func (f *Fetcher) host(u *url.URL) (string, error) {
	wrong := fault.New(fault.Invalid, "the URL's host is neither a name nor an address in its usual spelling")
	name := u.Hostname()
	bracketed := strings.HasPrefix(u.Host, "[")
	if a, err := netip.ParseAddr(name); err == nil {
		switch {
		case a.Zone() != "" || a.Is6() != bracketed:
			return "", wrong
		case bracketed:
			return "[" + a.String() + "]", nil
		}
		return a.String(), nil
	}
	name, err := f.names.ToASCII(strings.TrimSuffix(name, "."))
	if err != nil || bracketed || endsInNumber(name) || !utf8.ValidString(u.Host) {
		return "", wrong
	}
	return name, nil
}

// endsInNumber says whether some reader would take the name for an IPv4 address: 127.1, 2130706433, 0x7f.1,
// 0177.0.0.1, and digits of other scripts once they are mapped.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	digits := "0123456789"
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		last, digits = hex, "0123456789abcdef"
	}
	return strings.Trim(last, digits) == ""
}

// port returns ":" and the URL's port, or "" for the scheme's own.
func (f *Fetcher) port(u *url.URL) (string, error) {
	own := map[string]uint64{"http": 80, "https": 443}[u.Scheme]
	if u.Port() == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	excepted := slices.ContainsFunc(f.guard.allow, func(e Exception) bool { return uint64(e.Port) == n })
	switch {
	case err != nil || n != 80 && n != 443 && !excepted:
		return "", fault.New(fault.Invalid, "the URL's port must be 80 or 443")
	case n == own:
		return "", nil
	}
	return net.JoinHostPort("", strconv.FormatUint(n, 10)), nil
}

// newNames reads host names as UTS 46 says, strictly, but lets names such as r3---sn pass, which are in use.
func newNames() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.VerifyDNSLength(true))
}
