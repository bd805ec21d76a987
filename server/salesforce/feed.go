package salesforce

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"

	"cameo/storage/fault"
)

// readSize is how much is read of a connection at once, in bytes.
const readSize = 64 << 10

// feed is the body of which the parser of parts reads: a line at a time, so that it never has more of it than
// it has told of. A large part can so be read past the parser, which by itself would take it in some thousand
// pieces and copy each of them twice.
type feed struct {
	from      *bufio.Reader
	delimiter string // CR, LF and what ends a part
	line      []byte // what is left of one
	err       error  // that comes after it
	lax       bool   // there was a line without CR: the parser shall judge
	heads     int    // bytes of all that is no part's
	head      int    // of these, what came behind the part before
	within    bool   // a part that the parser reads, not a head
	ended     bool   // the last line was the one behind all parts: to the parser a body that is cut ends, too
}

func newFeed(body io.Reader, boundary string) *feed {
	return &feed{from: bufio.NewReaderSize(body, readSize), delimiter: "\r\n--" + boundary}
}

// Read returns a line, or a piece of it.
func (f *feed) Read(p []byte) (int, error) {
	if len(f.line) == 0 && f.err == nil {
		f.next()
	}
	if len(f.line) == 0 {
		return 0, f.err
	}
	n := copy(p, f.line)
	f.line = f.line[n:]
	return n, nil
}

// next reads a line, or as much of it as the window holds. Heads are bounded: the parser keeps them.
func (f *feed) next() {
	f.line, f.err = f.from.ReadSlice('\n')
	if !f.within {
		f.head += len(f.line)
		f.heads += len(f.line)
	}
	if f.head > maxHead || f.heads > maxFraming {
		f.line, f.err = nil, fault.New(fault.Malformed, "what surrounds the parts of the body is too large")
		return
	}
	if errors.Is(f.err, bufio.ErrBufferFull) {
		f.err = nil
	}
	if len(f.line) == 0 {
		return
	}
	f.lax = f.lax || bytes.HasSuffix(f.line, []byte("\n")) && !bytes.HasSuffix(f.line, []byte("\r\n"))
	rest, last := bytes.CutPrefix(f.line, []byte(f.delimiter[2:]+"--"))
	f.ended = last && len(bytes.Trim(rest, " \t\r\n")) == 0
}

// window returns what has been read ahead, n bytes at least unless there is an error.
func (f *feed) window(n int) ([]byte, error) {
	_, err := f.from.Peek(n)
	b, _ := f.from.Peek(f.from.Buffered())
	return b, err
}

// take reads so many bytes of the window, or as many as fit.
func (f *feed) take(p []byte, n int) (int, error) { return f.from.Read(p[:min(n, len(p))]) }

// bytesOf are those of the part, raw, whose headers the parser has just read. Read them all.
func (f *feed) bytesOf(part *multipart.Part) io.Reader {
	f.head = 0
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		return quotedprintable.NewReader(withParser{f, part})
	}
	if f.lax {
		return withParser{f, part}
	}
	return &pastParser{feed: f}
}

// withParser reads a part's bytes by the parser.
type withParser struct {
	*feed
	part *multipart.Part
}

// Read is io.Reader's.
func (r withParser) Read(p []byte) (int, error) {
	r.within = true
	defer func() { r.within = false }()
	return r.part.Read(p)
}

// pastParser reads a part's bytes as the parser would (mime/multipart). What comes then is the parser's.
type pastParser struct {
	*feed
	begun bool
}

// Read is io.Reader's.
func (r *pastParser) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := r.window(len(r.delimiter) + 2) // and two bytes that tell whether it is one
	n, ends := r.data(b, err != nil)
	switch {
	case n > 0:
		r.begun = true
		return r.take(p, n)
	case ends:
		return 0, io.EOF
	case errors.Is(err, io.EOF):
		return 0, io.ErrUnexpectedEOF
	}
	return 0, err
}

// data is how many bytes of the window are the part's for sure, and if none are, whether it ends there. After
// the last window no more is to come.
func (r *pastParser) data(b []byte, last bool) (n int, ends bool) {
	if empty := r.delimiter[2:]; !r.begun && bytes.HasPrefix(b, []byte(empty)) && isEnd(b[len(empty):], last) {
		return 0, true
	}
	at := bytes.Index(b, []byte(r.delimiter))
	switch {
	case at > 0:
		return at, false
	case at == 0 && isEnd(b[len(r.delimiter):], last):
		return 0, true
	case at == 0:
		return len(r.delimiter), false
	case last:
		return len(b), false
	}
	return len(b) - len(r.delimiter) + 1, false // it may begin in the rest
}

// isEnd says whether what follows a delimiter makes it one: else it is the beginning of longer data.
func isEnd(b []byte, last bool) bool {
	if len(b) == 0 {
		return last
	}
	switch b[0] {
	case ' ', '\t', '\r', '\n':
		return true
	case '-':
		return len(b) > 1 && b[1] == '-'
	}
	return false
}
