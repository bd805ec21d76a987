package sqltest

import (
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Fault is what happens to one request on its way to the server. The zero Fault is none.
type Fault struct {
	State  string // SQLSTATE with which the server refuses it
	Done   bool   // the server carries it out first, and only its answer is lost
	Reset  bool   // the connection is cut
	Silent bool   // nobody answers until the client gives up
}

// Request is what a client waits for an answer to.
type Request struct {
	SQL      string // of the statement, whether its text is sent or it was prepared before
	Prepares bool   // the statement is only prepared
	Alone    bool   // no transaction is open: what it changes is committed with it
}

// Proxy stands between a program and a server, and carries out planned faults.
type Proxy struct {
	server *Server
	door   net.Listener
	mu     sync.Mutex
	plan   func(Request) Fault
	faults int
}

// Proxy starts a proxy before the server. It ends with the test.
func (s *Server) Proxy(tb testing.TB) *Proxy {
	tb.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("no port for the proxy: %v", err)
	}
	tb.Cleanup(func() { door.Close() })
	p := &Proxy{server: s, door: door, plan: func(Request) Fault { return Fault{} }}
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

// Plan sets the faults: it is asked before each request, of one at a time.
func (p *Proxy) Plan(plan func(Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
}

// Lose loses the next answer that a transaction was committed by a statement that begins with this verb:
// COMMIT, or another when the statement was a transaction of its own.
func (p *Proxy) Lose(verb string) {
	lost := false
	p.Plan(func(r Request) Fault {
		commits := r.Alone || verb == "COMMIT"
		if lost || r.Prepares || !commits || !strings.HasPrefix(strings.ToUpper(r.SQL), verb) {
			return Fault{}
		}
		lost = true
		return Fault{Done: true, Reset: true}
	})
}

// Faults is how many there were since the start.
func (p *Proxy) Faults() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults
}

func (p *Proxy) next(r Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.plan(r)
	if f != (Fault{}) {
		p.faults++
	}
	return f
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.server.Socket())
	if err != nil {
		return
	}
	defer server.Close()
	l := &link{
		client: client, server: server, names: map[string]string{},
		asks: pgproto3.NewBackend(client, client), answers: pgproto3.NewFrontend(server, server),
	}
	if !l.greet() {
		return
	}
	for {
		r, bytes, err := l.request()
		if err != nil || !l.carry(p.next(r), bytes) {
			return
		}
	}
}

// link is one connection of a client and the proxy's own to the server.
type link struct {
	client, server net.Conn
	asks           *pgproto3.Backend
	answers        *pgproto3.Frontend
	names          map[string]string // prepared statements
	open           bool              // a transaction is
}

// greet carries the start of a connection. A request to cancel another one's statement has no answer.
func (l *link) greet() bool {
	first, err := l.asks.ReceiveStartupMessage()
	if err != nil {
		return false
	}
	bytes, err := first.Encode(nil)
	if _, cancels := first.(*pgproto3.CancelRequest); cancels {
		_, _ = l.server.Write(bytes)
		return false
	}
	return err == nil && l.carry(Fault{}, bytes)
}

// request reads what a client sends until it waits for an answer.
func (l *link) request() (r Request, bytes []byte, err error) {
	r = Request{Alone: !l.open, Prepares: true}
	for {
		m, err := l.asks.Receive()
		if err != nil {
			return r, nil, err
		}
		if bytes, err = m.Encode(bytes); err != nil {
			return r, nil, err
		}
		switch m := m.(type) {
		case *pgproto3.Parse:
			r.SQL, l.names[m.Name] = m.Query, m.Query
		case *pgproto3.Bind:
			r.SQL, r.Prepares = l.names[m.PreparedStatement], false
		case *pgproto3.Query:
			r.SQL, r.Prepares = m.String, false
			return r, bytes, nil
		case *pgproto3.Sync:
			return r, bytes, nil
		case *pgproto3.Terminate:
			return r, nil, net.ErrClosed
		}
	}
}

// carry brings a request to the server and its answer back, as far as its fault lets it. False is the end of
// the connection.
func (l *link) carry(f Fault, request []byte) bool {
	if f.State != "" {
		text := "DO $$ BEGIN RAISE 'planned' USING ERRCODE = '" + f.State + "'; END $$"
		request, _ = (&pgproto3.Query{String: text}).Encode(nil)
	}
	var answer []byte
	var ended error
	if f.Done || !f.Reset && !f.Silent {
		if _, err := l.server.Write(request); err != nil {
			return false
		}
		answer, ended = l.answer()
	}
	switch {
	case f.Silent:
		for ended = nil; ended == nil; {
			_, ended = l.asks.Receive()
		}
	case f.Reset:
		if tcp, ok := l.client.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		return false
	default:
		if _, err := l.client.Write(answer); err != nil {
			return false
		}
	}
	return ended == nil
}

// answer reads what the server says until it waits for the next request; beside an error what came before it.
func (l *link) answer() (bytes []byte, err error) {
	for {
		m, err := l.answers.Receive()
		if err != nil {
			return bytes, err
		}
		if bytes, err = m.Encode(bytes); err != nil {
			return bytes, err
		}
		if ready, ok := m.(*pgproto3.ReadyForQuery); ok {
			l.open = ready.TxStatus != 'I'
			return bytes, nil
		}
	}
}
