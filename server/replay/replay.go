// Package replay answers again what was answered a moment ago: a request for a picture that many look at is
// recognised on its connection, before net/http has made anything of it, and gets the same bytes with a date
// and a number of its own. All that is not plainly such a request goes its usual way untouched.
package replay

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Host is the service in whose name requests are answered.
type Host interface {
	// Enter lets a request in: it returns the client's address, by that of the connection and the value of
	// X-Forwarded-For. False: the usual way will say why not.
	Enter(remote, forwarded string) (client string, ok bool)
	// Number draws a request's number.
	Number() (string, error)
	// Record counts and logs a request that is answered so.
	Record(a *Answer, number, client string, began time.Time)
}

// Answer is what can be said again to a GET.
type Answer struct {
	Route  string // a pattern
	Status int
	Body   []byte // nobody may change it

	head  []byte // up to Date
	fresh func() bool
}

// What is kept at most: it is forgotten all at once, and comes again by itself.
const (
	mostAnswers = 4096
	mostBytes   = 8 << 20
	mostBody    = 64 << 10 // of one
)

// Answers remembers what was answered. The nil Answers remember nothing.
type Answers struct {
	now    func() time.Time
	host   Host
	closed atomic.Bool
	saying atomic.Int64 // answers that are being written
	date   atomic.Pointer[date]

	mu    sync.RWMutex
	kept  map[string]*Answer
	bytes int
}

// date is a second, as headers have it.
type date struct {
	second int64
	text   string
}

// New returns Answers that remember nothing yet. Until Serve has said for whom, they answer nothing.
func New(now func() time.Time) *Answers {
	a := &Answers{now: now, kept: map[string]*Answer{}}
	a.closed.Store(true)
	return a
}

// Serve begins to answer, in the name of a host.
func (a *Answers) Serve(host Host) {
	a.host = host
	a.closed.Store(false)
}

// Close lets all requests go their usual way from now on, and waits, no longer than limit, until the answers
// that are being written have been.
func (a *Answers) Close(limit time.Duration) {
	if a == nil {
		return
	}
	a.closed.Store(true)
	over, look := time.NewTimer(limit), time.NewTicker(5*time.Millisecond)
	defer over.Stop()
	defer look.Stop()
	for a.saying.Load() > 0 {
		select {
		case <-look.C:
		case <-over.C:
			return
		}
	}
}

// Replied counts an answer as written.
func (a *Answers) Replied() { a.saying.Add(-1) }

// perRequest are the headers that each answer has of its own.
var perRequest = map[string]bool{"Date": true, "X-Request-Id": true}

// Keep remembers the answer to r: a status, headers, and a body that nobody changes. It must depend on no
// more of r than its address, Accept and If-None-Match, of which an empty one is as none, and be right for as
// long as fresh says so.
func (a *Answers) Keep(
	r *http.Request, route string, status int, head http.Header, body []byte, fresh func() bool,
) {
	if a == nil || len(body) > mostBody || !plainAnswer(head) {
		return
	}
	key, ok := keyOf(r)
	if !ok {
		return
	}
	one := &Answer{Route: route, Status: status, Body: body, head: headOf(status, head), fresh: fresh}
	size := len(key) + len(one.head) + len(body)
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.kept[key]; old != nil {
		a.bytes -= len(key) + len(old.head) + len(old.Body)
		delete(a.kept, key)
	}
	if len(a.kept) == mostAnswers || a.bytes+size > mostBytes {
		clear(a.kept)
		a.bytes = 0
	}
	a.kept[key] = one
	a.bytes += size
}

// plainAnswer says whether an answer is about what was asked for alone, not about who asked or by what way.
func plainAnswer(head http.Header) bool {
	return len(head["Connection"]) == 0 && len(head["Set-Cookie"]) == 0
}

// headOf writes an answer's head as far as it stays the same.
func headOf(status int, head http.Header) []byte {
	b := append(strconv.AppendInt([]byte("HTTP/1.1 "), int64(status), 10), ' ')
	b = append(append(b, http.StatusText(status)...), "\r\n"...)
	names := make([]string, 0, len(head))
	for name := range head {
		if !perRequest[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range head[name] {
			b = append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
		}
	}
	return append(b, "Date: "...)
}

// Reply returns the answer to the request whose head came from remote, if it is one that was answered a
// moment ago: its head in room, and its body. Call Replied when it is written.
func (a *Answers) Reply(room []byte, remote string, request []byte) (head, body []byte, ok bool) {
	q, ok := parse(request)
	if !ok {
		return nil, nil, false
	}
	a.saying.Add(1) // before closed is looked at: Close waits for who has seen that it is not
	if !a.closed.Load() {
		if head, body, ok = a.reply(room, remote, q); ok {
			return head, body, true
		}
	}
	a.Replied()
	return nil, nil, false
}

func (a *Answers) reply(to []byte, remote string, q request) (head, body []byte, ok bool) {
	var room [mostKey]byte
	key, ok := q.key(room[:0])
	if !ok {
		return nil, nil, false
	}
	a.mu.RLock()
	one := a.kept[string(key)]
	a.mu.RUnlock()
	if one == nil || !one.fresh() {
		return nil, nil, false
	}
	began := a.now()
	number, err := a.host.Number()
	if err != nil {
		return nil, nil, false
	}
	client, ok := a.host.Enter(remote, string(q.forwarded))
	if !ok {
		return nil, nil, false
	}
	to = append(append(to, one.head...), a.dated(began)...)
	to = append(append(append(to, "\r\nX-Request-Id: "...), number...), "\r\n\r\n"...)
	a.host.Record(one, number, client, began)
	return to, one.Body, true
}

// dated is now's Date.
func (a *Answers) dated(now time.Time) string {
	second := now.Unix()
	known := a.date.Load()
	if known == nil || known.second != second {
		known = &date{second, now.UTC().Format(http.TimeFormat)}
		a.date.Store(known)
	}
	return known.text
}
