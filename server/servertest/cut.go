package servertest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// Cut begins to upload everything from a byte on with one PATCH, and breaks the line after the bytes [from,
// to). It returns when the instance has noticed.
func (a *Actor) Cut(from, to int) *Actor {
	a.t.Helper()
	a.claim()
	// The line is broken by hand: net/http's client may hold bytes back that it was given before the break.
	line, err := net.Dial("tcp", strings.TrimPrefix(a.s.URL, "http://"))
	if err != nil {
		a.t.Fatal(err)
	}
	defer line.Close()
	r := a.request(http.MethodPatch, a.entry(), http.NoBody)
	r.Header = a.signed(a.ranged(from, len(a.upload.bytes)-1))
	r.ContentLength = int64(len(a.upload.bytes) - from)
	r.Body = io.NopCloser(strings.NewReader(string(a.upload.bytes[from:to])))
	written := bufio.NewWriter(line)
	if err := r.Write(written); err == nil {
		a.t.Fatalf("%s: nothing was cut off", a.name)
	}
	if err := written.Flush(); err != nil {
		a.t.Fatal(err)
	}
	if tcp, ok := line.(*net.TCPConn); ok {
		err = tcp.CloseWrite()
	}
	if err != nil {
		a.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(line), r)
	if err != nil {
		a.t.Fatalf("%s: a body that was cut: %v", a.name, err)
	}
	resp.Body.Close()
	if resp.StatusCode < http.StatusBadRequest {
		a.t.Errorf("%s: got status %d for a body that was cut, want a refusal", a.name, resp.StatusCode)
	}
	return a
}
