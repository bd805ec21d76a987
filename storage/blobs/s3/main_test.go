package s3_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// domain is where servers of these tests are whose buckets have names of their own.
const domain = "s3.test"

// TestMain lets this process ask a name server of its own, which knows the domain and all names in it.
func TestMain(m *testing.M) {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go answerNames(socket)
	//nolint:reassign // the SDK's dialer takes no resolver
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
		},
	}
	os.Exit(m.Run())
}

func answerNames(socket net.PacketConn) {
	for packet := make([]byte, 1500); ; {
		n, from, err := socket.ReadFrom(packet)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		switch host := strings.TrimSuffix(q.Name.String(), "."); {
		case host != domain && !strings.HasSuffix(host, "."+domain):
			m.RCode = dnsmessage.RCodeNameError
		case q.Type == dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			}}
		}
		if answer, err := m.Pack(); err == nil {
			_, _ = socket.WriteTo(answer, from) // who hears nothing asks again
		}
	}
}
