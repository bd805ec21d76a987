package fetch

import (
	"net/netip"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"
)

// Guard judges addresses that are about to be dialled.
type Guard struct {
	allow  []Exception
	public *ssrf.Guardian
}

// NewGuard returns a Guard that lets pass ports 80 and 443 of public addresses, and what allow names.
func NewGuard(allow ...Exception) *Guard {
	// Microsoft Azure's own service for its guests has a public address; every other such service that is
	// known has one in a range that the library denies.
	azure := netip.PrefixFrom(netip.AddrFrom4([4]byte{168, 63, 129, 16}), 32)
	return &Guard{allow: allow, public: ssrf.New(ssrf.WithDeniedV4Prefixes(azure))}
}

// Control is for net.Dialer: it sees the address that the name was resolved to, after the last look-up and
// before the first packet, so that nothing can change in between.
func (g *Guard) Control(network, address string, c syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err == nil && g.inside(to) {
		return nil
	}
	return g.public.Safe(network, address, c)
}

// inside says whether the address may be dialled only because an Exception names it.
func (g *Guard) inside(to netip.AddrPort) bool {
	return slices.ContainsFunc(g.allow, func(e Exception) bool { return e.covers(to) }) &&
		g.public.SafeAddrPort(netip.AddrPortFrom(to.Addr().Unmap(), to.Port())) != nil
}
