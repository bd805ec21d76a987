package boot_test

import (
	"encoding"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"cameo/server/boot"
)

func TestValues(t *testing.T) {
	t.Parallel()
	var (
		size     boot.ByteSize
		period   boot.Duration
		network  boot.Network
		url      boot.WebURL
		admits   boot.Admission
		audience boot.Audience
		format   boot.LogFormat
		level    boot.LogLevel
		role     boot.Role
	)
	for _, c := range []struct {
		text  string
		into  encoding.TextUnmarshaler
		value func() any
		want  any    // when it is accepted
		wrong string // when it is not
	}{
		{text: "0", into: &size, value: func() any { return size }, want: boot.ByteSize(0)},
		{text: "4096", into: &size, value: func() any { return size }, want: boot.ByteSize(4096)},
		{text: "512MiB", into: &size, value: func() any { return size }, want: boot.ByteSize(512 << 20)},
		{text: "1 GiB", into: &size, value: func() any { return size }, want: boot.ByteSize(1 << 30)},
		{text: "5MB", into: &size, value: func() any { return size }, want: boot.ByteSize(5_000_000)},
		{text: "-1", into: &size, wrong: "-1: want a size such as 512MiB or a number of bytes"},
		{text: "1.5GiB", into: &size, wrong: "1.5GiB: want a size such as 512MiB or a number of bytes"},
		{text: "9999999TiB", into: &size, wrong: "9999999TiB: want a size such as 512MiB or a number of bytes"},
		{text: "", into: &size, wrong: ": want a size such as 512MiB or a number of bytes"},

		{text: "72h", into: &period, value: func() any { return period }, want: boot.Duration(72 * time.Hour)},
		{text: "3 fortnights", into: &period, wrong: "3 fortnights: want a duration such as 72h"},
		{text: "-1s", into: &period, wrong: "-1s: want a duration that is not below zero"},

		{
			text: "10.1.2.3/8", into: &network, value: func() any { return network },
			want: boot.Network(netip.MustParsePrefix("10.0.0.0/8")),
		},
		{
			text: "::1", into: &network, value: func() any { return network },
			want: boot.Network(netip.MustParsePrefix("::1/128")),
		},
		{text: "the proxy", into: &network, wrong: "the proxy: want a network such as 10.0.0.0/8"},

		{
			text: "https://photos.example.com/", into: &url, value: func() any { return url },
			want: boot.WebURL("https://photos.example.com"),
		},
		{text: "photos.example.com", into: &url, wrong: "photos.example.com: want a URL such as https://photos.example.com"},

		{text: "staff=1", into: &role, value: func() any { return role }, want: boot.Role{Name: "staff", Community: 1}},
		{text: "cn=a b=20", into: &role, value: func() any { return role }, want: boot.Role{Name: "cn=a b", Community: 20}},
		{text: "=1", into: &role, wrong: "=1: want a role and its community such as cameo-admin=1"},
		{text: "staff", into: &role, wrong: "staff: want a role and its community such as cameo-admin=1"},
		{text: "staff=0", into: &role, wrong: "staff=0: want a role and the number of a community such as cameo-admin=1"},
		{text: "staff=x", into: &role, wrong: "staff=x: want a role and the number of a community such as cameo-admin=1"},

		{text: "closed", into: &admits, value: func() any { return admits }, want: boot.Admission("closed")},
		{text: "ajar", into: &admits, wrong: "ajar: want open or closed"},
		{text: "public", into: &audience, value: func() any { return audience }, want: boot.Audience("public")},
		{text: "members", into: &audience, value: func() any { return audience }, want: boot.Audience("members")},
		{text: "friends", into: &audience, wrong: "friends: want public or members"},
		{text: "json", into: &format, value: func() any { return format }, want: boot.LogFormat("json")},
		{text: "xml", into: &format, wrong: "xml: want text or json"},
		{text: "warn", into: &level, value: func() any { return level }, want: boot.LogLevel(slog.LevelWarn)},
		{text: "loud", into: &level, wrong: "loud: want debug or info or warn or error"},
	} {
		err := c.into.UnmarshalText([]byte(c.text))
		switch {
		case c.wrong != "" && (err == nil || err.Error() != c.wrong):
			t.Errorf("%q as %T: got error %v, want %q", c.text, c.into, err, c.wrong)
		case c.wrong == "" && err != nil:
			t.Errorf("%q as %T: got error %v, want %v", c.text, c.into, err, c.want)
		case c.wrong == "" && c.value() != c.want:
			t.Errorf("%q as %T: got %v, want %v", c.text, c.into, c.value(), c.want)
		}
	}
}
