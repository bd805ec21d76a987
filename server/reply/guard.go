package reply

import (
	"io"
	"net"
	"sync"
	"time"
)

// Guard reads along on every connection of a plain listener, and makes net/http answer 400 and close when a
// request's head can be understood in two ways: Content-Length together with Transfer-Encoding, either of
// them twice, a line that ends in LF or CR alone, a folded line. net/http accepts most of these and drops
// one of the two headers before a handler could see it. Never wrap a listener below TLS: there Framing alone
// must do, and on connections that begin as HTTP/2, whose heads can be read in one way only.
//
// The cost is a look at each byte of a head and one subtraction for each read of a body.
//
// Between two requests it asks the Lane's Replier first, if there is one, for the answer to the next.
func Guard(l net.Listener, lane Lane) net.Listener {
	return &guarded{
		Listener: l, lane: lane, spare: sync.Pool{New: func() any { return new([corkable]byte) }},
	}
}

type guarded struct {
	net.Listener
	lane  Lane
	spare sync.Pool // for the connections' corks
	rooms sync.Pool // of *[]byte, for the Lane's answers
}

// Accept waits for the next connection.
func (g *guarded) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watched{corked: corked{Conn: c, spare: &g.spare}, lane: &g.lane, rooms: &g.rooms}, nil
}

// refusal takes the place of a head's offending byte and of all that follows. Wherever in a head it begins,
// it makes a line that net/http answers with 400.
const refusal = "\x00\r\n\x00\r\n\r\n"

// watched is a connection whose reader sees a refusal where a head goes wrong, and the end after it.
type watched struct {
	corked
	heads   heads
	refused bool
	unsaid  string // of the refusal
	lane    *Lane
	rooms   *sync.Pool
	remote  string    // the client's address, once it was asked for
	armed   time.Time // when the Lane last set the connection's deadlines
}

// Read is net.Conn's. As there, only one goroutine reads at a time.
func (w *watched) Read(p []byte) (int, error) {
	if w.refused {
		return w.refuse(p)
	}
	n, err := w.next(p)
	wrong := w.heads.scan(p[:n])
	if wrong < 0 {
		return n, err
	}
	w.refused, w.unsaid = true, refusal
	n, err = w.refuse(p[wrong:])
	return wrong + n, err
}

func (w *watched) refuse(p []byte) (int, error) {
	if w.unsaid == "" {
		return 0, io.EOF
	}
	n := copy(p, w.unsaid)
	w.unsaid = w.unsaid[n:]
	return n, nil
}

// CloseWrite lets net/http say its last word before it closes.
func (w *watched) CloseWrite() error {
	if c, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// heads follows the requests of a connection from head to head. It holds a few bytes, however long a head is.
type heads struct {
	skip   int64  // bytes of a body still to come
	open   bool   // a chunked body: the connection's last request, since Framing closes after it; or HTTP/2
	opened int    // bytes of the preface that the connection has begun with; -1: it has begun otherwise
	line   int    // lines of this head before the present one
	column int    // bytes of the present line
	cr     bool   // the last byte was a CR
	name   []byte // of the present header in lower case, up to its colon and at most nameLimit bytes
	value  bool   // behind the colon
	length bool   // a Content-Length has been seen
	coding bool   // a Transfer-Encoding has been seen
	size   int64  // what Content-Length says
}

const (
	nameLimit = len("transfer-encoding") + 1 // one more than the longest name of interest: a longer one is none
	sizeLimit = 1 << 58                      // more than any connection carries; one digit more fits an int64
)

// between says whether all that came so far were whole requests.
func (h *heads) between() bool {
	return h.skip == 0 && !h.open && h.line == 0 && h.column == 0 && !h.cr && h.opened <= 0
}

// scan returns the index of the first byte that makes a head ambiguous, or -1.
func (h *heads) scan(p []byte) int {
	for i := 0; i < len(p) && !h.open; i++ {
		if h.skip > 0 {
			step := min(h.skip, int64(len(p)-i))
			h.skip -= step
			i += int(step) - 1
			continue
		}
		if !h.take(p[i]) {
			return i
		}
		h.begin(p[i])
	}
	return -1
}

// preface is the beginning of what a client of HTTP/2 sends first, in the shape of a request's head.
const preface = "PRI * HTTP/2.0\r\n\r\n"

// begin follows the first bytes of the connection, until they are the preface or are not.
func (h *heads) begin(c byte) {
	switch {
	case h.opened < 0:
	case c != preface[h.opened]:
		h.opened = -1
	default:
		h.opened++
		h.open = h.opened == len(preface)
	}
}

// take reads one byte of a head and says whether it may stand there.
func (h *heads) take(c byte) bool {
	if h.cr != (c == '\n') {
		return false // CR and LF only together
	}
	switch c {
	case '\r':
		h.cr = true
		return true
	case '\n':
		h.endLine()
		return true
	}
	h.column++
	if h.line == 0 {
		return true
	}
	if h.column == 1 {
		h.name, h.value = h.name[:0], false
		if c == ' ' || c == '\t' {
			return false // folded
		}
	}
	switch {
	case h.value:
		h.digit(c)
	case c == ':':
		h.value = true
		return h.header()
	case len(h.name) < nameLimit:
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		h.name = append(h.name, c)
	}
	return true
}

// header is told that a name is complete, and says whether it may come (again).
func (h *heads) header() bool {
	switch string(h.name) {
	case "content-length":
		again := h.length || h.coding
		h.length = true
		return !again
	case "transfer-encoding":
		again := h.length || h.coding
		h.coding = true
		return !again
	}
	return true
}

// digit reads on in a Content-Length. What is no digit is for net/http to refuse.
func (h *heads) digit(c byte) {
	if c >= '0' && c <= '9' && h.size < sizeLimit && string(h.name) == "content-length" {
		h.size = h.size*10 + int64(c-'0')
	}
}

// endLine begins the next line; after an empty one, the body.
func (h *heads) endLine() {
	h.cr = false
	switch {
	case h.column > 0:
		h.line++
		h.column = 0
	case h.line > 0:
		*h = heads{skip: h.size, open: h.coding, opened: h.opened, name: h.name[:0]}
	}
}
