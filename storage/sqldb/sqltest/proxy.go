package sqltest

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands between a program and a server, and loses answers.
type Proxy struct {
	server *Server
	door   net.Listener
	mu     sync.Mutex
	lose   []byte // end of an answer that is lost, with its connection; nil: none
	lost   int
}

// Proxy starts a proxy before the server. It ends with the test.
func (s *Server) Proxy(tb testing.TB) *Proxy {
	tb.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("no port for the proxy: %v", err)
	}
	tb.Cleanup(func() { door.Close() })
	p := &Proxy{server: s, door: door}
	go func() {
		for {
			client, err := door.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

// Through is the URL by which a database of the server is reached through the proxy.
func (p *Proxy) Through(tb testing.TB, address string) string {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatalf("an address: %v", err)
	}
	return "postgres://" + p.door.Addr().String() + u.Path + "?user=postgres&sslmode=disable"
}

// Lose loses the next answer that a transaction was committed by a command of this tag: COMMIT, or UPDATE 1
// when the statement was a transaction of its own.
func (p *Proxy) Lose(tag string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = []byte(tag + "\x00Z\x00\x00\x00\x05I") // the command is complete, and no transaction is open
}

// Lost is how many answers were lost.
func (p *Proxy) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.server.Socket())
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	answer := make([]byte, 1<<16)
	for {
		n, err := server.Read(answer)
		if err != nil || p.loses(answer[:n]) {
			return
		}
		if _, err := client.Write(answer[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) loses(answer []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose == nil || !bytes.Contains(answer, p.lose) {
		return false
	}
	p.lose = nil
	p.lost++
	return true
}
