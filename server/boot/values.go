package boot

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cameo/server/auth"
	"cameo/storage"
)

// ByteSize is a number of bytes, written as such or with a unit: 512MiB, 1GiB, 64KiB; kB, MB and GB count in
// thousands.
type ByteSize int64

// units are tried in this order, so that MiB is not taken for B.
var units = [...]struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"kB", 1e3},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// UnmarshalText reads a size; a negative one is refused.
func (b *ByteSize) UnmarshalText(text []byte) error {
	number, factor := strings.TrimSpace(string(text)), int64(1)
	for _, u := range units {
		if before, ok := strings.CutSuffix(number, u.name); ok {
			number, factor = strings.TrimSpace(before), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/factor {
		return fmt.Errorf("%s: want a size such as 512MiB or a number of bytes", text)
	}
	*b = ByteSize(n * factor)
	return nil
}

// Duration is a length of time, written such as 30s, 10m or 72h.
type Duration time.Duration

// UnmarshalText reads a duration; a negative one is refused.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%s: want a duration such as 72h", text)
	}
	if v < 0 {
		return fmt.Errorf("%s: want a duration that is not below zero", text)
	}
	*d = Duration(v)
	return nil
}

// Network is a range of addresses, such as 10.0.0.0/8.
type Network netip.Prefix

// UnmarshalText reads a network; a single address stands for itself.
func (n *Network) UnmarshalText(text []byte) error {
	if a, err := netip.ParseAddr(string(text)); err == nil && a.Zone() == "" {
		*n = Network(netip.PrefixFrom(a, a.BitLen()))
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	if err != nil {
		return fmt.Errorf("%s: want a network such as 10.0.0.0/8", text)
	}
	*n = Network(p.Masked())
	return nil
}

// WebURL is an absolute http or https URL.
type WebURL string

// UnmarshalText reads a URL, without a slash at its end.
func (w *WebURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("%s: want a URL such as https://photos.example.com", text)
	}
	*w = WebURL(strings.TrimRight(u.String(), "/"))
	return nil
}

// Origin is that of a page, as browsers write it in the header Origin.
type Origin string

// UnmarshalText reads an origin: scheme and host, and a port that does not go without saying. No pattern is
// one.
func (o *Origin) UnmarshalText(text []byte) error {
	if bytes.ContainsRune(text, '*') {
		return fmt.Errorf("%s: any page could act for the people who use it; name each origin, "+
			"such as https://app.example.com", text)
	}
	u, err := url.Parse(strings.ToLower(string(text)))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || strings.TrimRight(u.String(), "/") != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%s: want an origin such as https://app.example.com", text)
	}
	*o = Origin(u.Scheme + "://" + u.Host)
	return nil
}

// Role is what an issuer calls those who belong to a community or administer it, written ROLE=COMMUNITY.
type Role auth.Role

// UnmarshalText reads a role. The community stands behind the last equals sign: roles may hold some.
func (r *Role) UnmarshalText(text []byte) error {
	i := bytes.LastIndexByte(text, '=')
	if i < 1 {
		return fmt.Errorf("%s: want a role and its community such as cameo-admin=1", text)
	}
	c, err := storage.ParseCommunity(string(text[i+1:]))
	if err != nil {
		return fmt.Errorf("%s: want a role and the number of a community such as cameo-admin=1", text)
	}
	*r = Role{Name: string(text[:i]), Community: c}
	return nil
}

// Admission says what becomes of a person who is not in the directory: with open, an administrator's
// word or the person's own session adds them; with closed they are refused.
type Admission string

// UnmarshalText reads open or closed.
func (a *Admission) UnmarshalText(text []byte) error {
	return choose((*string)(a), text, "open", "closed")
}

// Audience says who may see photos: everybody who knows where they are, or members of their community and
// whoever was given a signed address by one.
type Audience string

// UnmarshalText reads public or members.
func (a *Audience) UnmarshalText(text []byte) error {
	return choose((*string)(a), text, "public", "members")
}

// LogFormat is how log lines are written.
type LogFormat string

// UnmarshalText reads text or json.
func (f *LogFormat) UnmarshalText(text []byte) error {
	return choose((*string)(f), text, "text", "json")
}

// LogLevel is the least important level that is logged.
type LogLevel slog.Level

// UnmarshalText reads debug, info, warn or error.
func (l *LogLevel) UnmarshalText(text []byte) error {
	var name string
	if err := choose(&name, text, "debug", "info", "warn", "error"); err != nil {
		return err
	}
	return (*slog.Level)(l).UnmarshalText(text)
}

func choose(to *string, text []byte, words ...string) error {
	for _, w := range words {
		if string(text) == w {
			*to = w
			return nil
		}
	}
	return fmt.Errorf("%s: want %s", text, strings.Join(words, " or "))
}
