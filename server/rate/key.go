package rate

import "net/netip"

// Key is by what is counted.
type Key struct {
	addr netip.Addr
	name string
}

// siteBits is how much of an IPv6 address says whose it is: whoever has one has all addresses of the /64.
const siteBits = 64

// Address is the Key of a client's address, as text. IPv6 addresses of one /64 are one. What is no address is
// one Key together.
func Address(ip string) Key {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return Key{}
	}
	a = a.Unmap()
	if a.Is6() {
		site, err := a.WithZone("").Prefix(siteBits)
		if err != nil {
			return Key{}
		}
		a = site.Addr()
	}
	return Key{addr: a}
}

// Name is the Key of somebody who is known by name: of a person by GUID, of an account by what is typed to
// sign in to it. No name is the same Key as no address.
func Name(name string) Key { return Key{name: name} }

// String tells the key as nodes tell it to each other. An address is never a name's text.
func (k Key) String() string {
	if k.name != "" {
		return "name " + k.name
	}
	return "address " + k.addr.String()
}
