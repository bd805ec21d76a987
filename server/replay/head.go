package replay

import (
	"bytes"
	"net/http"
	"strings"
)

// request is what matters of a request's head.
type request struct {
	target, accept, noneMatch, forwarded []byte
}

// deciding are the headers in lower case on which an answer, or what follows the head, may depend in ways
// that are not known here. Who sends one goes the usual way.
var deciding = [...]string{
	"content-length", "expect", "if-match", "if-modified-since", "if-range", "if-unmodified-since",
	"origin", "range", "te", "trailer", "transfer-encoding", "upgrade",
}

// mostKey bounds what an answer is remembered by, in bytes.
const mostKey = 1024

// parse reads bytes that are exactly the head of one GET, in the plainest form that HTTP/1.1 has: lines that
// end in CR LF, none folded, one Host, no header twice that matters. Anything else is none: false.
func parse(head []byte) (q request, ok bool) {
	line, rest, ok := cutLine(head)
	if !ok {
		return q, false
	}
	line, ok = bytes.CutPrefix(line, []byte("GET "))
	if !ok {
		return q, false
	}
	if q.target, ok = bytes.CutSuffix(line, []byte(" HTTP/1.1")); !ok || !plainTarget(q.target) {
		return q, false
	}
	hosts := 0
	for {
		if line, rest, ok = cutLine(rest); !ok {
			return q, false
		}
		if len(line) == 0 {
			return q, hosts == 1 && len(rest) == 0
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !plainName(name) || !plainValue(value) {
			return q, false
		}
		value = bytes.Trim(value, " \t")
		if equal(name, "host") {
			if hosts++; !plainHost(value) {
				return q, false
			}
		} else if !q.header(name, value) {
			return q, false
		}
	}
}

// header reads one header, and says whether the request is still one to be answered here.
func (q *request) header(name, value []byte) bool {
	var into *[]byte
	switch {
	case equal(name, "accept"):
		into = &q.accept
	case equal(name, "if-none-match"):
		into = &q.noneMatch
	case equal(name, "x-forwarded-for"):
		into = &q.forwarded
	case equal(name, "connection"):
		return equal(value, "keep-alive")
	default:
		for _, other := range deciding {
			if equal(name, other) {
				return false
			}
		}
		return true
	}
	if *into != nil {
		return false
	}
	if *into = value; value == nil {
		*into = []byte{} // it was there, and must not come again
	}
	return true
}

// key is what the answer is remembered by. False: it would be too long.
func (q *request) key(to []byte) ([]byte, bool) {
	if len(q.target)+len(q.accept)+len(q.noneMatch)+2 > mostKey {
		return nil, false
	}
	to = append(append(to, q.target...), '\n')
	to = append(append(to, q.accept...), '\n')
	return append(to, q.noneMatch...), true
}

// keyOf is the key of a request as net/http has read it. False: it is not one to be answered here.
func keyOf(r *http.Request) (string, bool) {
	if r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) || r.ProtoAtLeast(2, 0) ||
		r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Close {
		return "", false
	}
	for _, name := range deciding {
		if r.Header.Get(name) != "" {
			return "", false
		}
	}
	accept, noneMatch := r.Header["Accept"], r.Header["If-None-Match"]
	if len(accept) > 1 || len(noneMatch) > 1 || strings.ContainsAny(r.RequestURI, "\r\n") {
		return "", false
	}
	q := request{
		target: []byte(r.RequestURI), accept: []byte(r.Header.Get("Accept")),
		noneMatch: []byte(r.Header.Get("If-None-Match")),
	}
	key, ok := q.key(nil)
	return string(key), ok
}

// cutLine cuts off a line and its CR LF.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	end := bytes.IndexByte(b, '\n')
	if end < 1 || b[end-1] != '\r' {
		return nil, nil, false
	}
	return b[:end-1], b[end+1:], true
}

// equal compares with a text in lower case.
func equal(b []byte, low string) bool {
	if len(b) != len(low) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != low[i] {
			return false
		}
	}
	return true
}

// Letters, digits and these may stand in the parts of a head.
const (
	inName   = "-_"
	inHost   = "-.:[]"
	inTarget = "-._~!$&'()*+,;=:@/?"
)

func plainTarget(b []byte) bool { return len(b) > 0 && b[0] == '/' && consists(b, inTarget) }
func plainName(b []byte) bool   { return len(b) > 0 && consists(b, inName) }
func plainHost(b []byte) bool   { return len(b) > 0 && consists(b, inHost) }

// consists says whether there are only letters, digits and what more has.
func consists(b []byte, more string) bool {
	for _, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if digit := c >= '0' && c <= '9'; !letter && !digit && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return true
}

// plainValue says whether all of it can be printed.
func plainValue(b []byte) bool {
	for _, c := range b {
		if (c < ' ' || c > '~') && c != '\t' {
			return false
		}
	}
	return true
}
