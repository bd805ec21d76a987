package fetch

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Exception names addresses and one port of theirs that may be fetched from although they are not public.
type Exception struct {
	Network netip.Prefix
	Port    uint16
}

// UnmarshalText reads CIDR:PORT, such as 10.1.0.0/16:8080 or fd00:1::/64:80. A single address stands for
// itself: 10.1.2.3:8080, [fd00:1::2]:80.
func (e *Exception) UnmarshalText(text []byte) error {
	wrong := fmt.Errorf("%s: want a network and a port such as 10.1.0.0/16:8080", text)
	s := string(text)
	if a, err := netip.ParseAddrPort(s); err == nil && a.Addr().Zone() == "" {
		*e = Exception{netip.PrefixFrom(a.Addr(), a.Addr().BitLen()), a.Port()}
	} else {
		colon := strings.LastIndexByte(s, ':')
		network, err := netip.ParsePrefix(s[:max(colon, 0)])
		if err != nil {
			return wrong
		}
		port, err := strconv.ParseUint(s[colon+1:], 10, 16)
		if err != nil {
			return wrong
		}
		*e = Exception{network.Masked(), uint16(port)}
	}
	if e.Port == 0 || e.Network.Addr().Is4In6() {
		return wrong // IPv4 is written, and compared, as IPv4
	}
	return nil
}

// covers says whether the exception allows this address and port.
func (e Exception) covers(to netip.AddrPort) bool {
	return to.Port() == e.Port && e.Network.Contains(to.Addr().Unmap())
}
