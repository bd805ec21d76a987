package replay_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cameo/server/replay"
)

// house is a Host that lets in whoever it is told to.
type house struct {
	shut     bool
	mute     bool
	recorded []string
}

func (h *house) Enter(remote, forwarded string) (string, bool) { return remote + forwarded, !h.shut }

func (h *house) Number() (string, error) {
	if h.mute {
		return "", errors.New("no randomness")
	}
	return "123456789012345", nil
}

func (h *house) Record(a *replay.Answer, number, client string, _ time.Time) {
	h.recorded = append(h.recorded, fmt.Sprint(a.Route, " ", a.Status, " ", len(a.Body), " ", number, " ", client))
}

const now = 1_700_000_000 // a Tuesday

func open() (*replay.Answers, *house) {
	a, h := replay.New(func() time.Time { return time.Unix(now, 0) }), &house{}
	a.Serve(h)
	return a, h
}

// get is a request as net/http has it, and its head.
func get(path string, lines ...string) (*http.Request, []byte) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r, []byte("GET " + path + " HTTP/1.1\r\n" + strings.Join(append(lines, "Host: a"), "\r\n") + "\r\n\r\n")
}

func always() bool { return true }

func head() http.Header {
	return http.Header{"Etag": {`"x"`}, "X-Request-Id": {"1"}, "Date": {"then"}, "Vary": {"Accept", "Origin"}}
}

func TestAnAnswerIsSaidAgain(t *testing.T) {
	t.Parallel()
	a, h := open()
	r, request := get("/a", "Accept: image/webp")
	a.Keep(r, "/:a", 200, head(), []byte("picture"), always)
	got, body, ok := a.Reply(nil, "192.0.2.1:9", request)
	want := "HTTP/1.1 200 OK\r\nEtag: \"x\"\r\nVary: Accept\r\nVary: Origin\r\n" +
		"Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nX-Request-Id: 123456789012345\r\n\r\n"
	if !ok || string(got) != want || string(body) != "picture" {
		t.Errorf("got %q and %q, want %q", got, body, want)
	}
	a.Replied()
	if len(h.recorded) != 1 || h.recorded[0] != "/:a 200 7 123456789012345 192.0.2.1:9" {
		t.Errorf("got %q recorded", h.recorded)
	}
	for name, other := range map[string][]string{
		"another address": {"/b", "Accept: image/webp"}, "another Accept": {"/a", "Accept: image/png"}, "no Accept": {"/a"},
		"a tag": {"/a", "Accept: image/webp", `If-None-Match: "x"`}, "a range": {"/a", "Accept: image/webp", "Range: bytes=0-1"},
	} {
		if _, request := get(other[0], other[1:]...); said(a, request) {
			t.Errorf("%s: it is said again", name)
		}
	}
	h.shut = true
	if said(a, request) {
		t.Error("it is said to who is not let in")
	}
	h.shut, h.mute = false, true
	if said(a, request) {
		t.Error("it is said without a number")
	}
}

func said(a *replay.Answers, request []byte) bool {
	_, _, ok := a.Reply(nil, "192.0.2.1:9", request)
	if ok {
		a.Replied()
	}
	return ok
}

func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	with := func(name, value string) http.Header {
		h := head()
		h.Set(name, value)
		return h
	}
	for name, keep := range map[string]func(a *replay.Answers, r *http.Request){
		"about the connection": func(a *replay.Answers, r *http.Request) { a.Keep(r, "", 200, with("Connection", "close"), nil, always) },
		"about who asks":       func(a *replay.Answers, r *http.Request) { a.Keep(r, "", 200, with("Set-Cookie", "a=b"), nil, always) },
		"large":                func(a *replay.Answers, r *http.Request) { a.Keep(r, "", 200, head(), make([]byte, 65<<10), always) },
		"right no longer": func(a *replay.Answers, r *http.Request) {
			a.Keep(r, "", 200, head(), nil, func() bool { return false })
		},
		"to HEAD": func(a *replay.Answers, r *http.Request) {
			r.Method = http.MethodHead
			a.Keep(r, "", 200, head(), nil, always)
		},
		"to an old client": func(a *replay.Answers, r *http.Request) {
			r.ProtoMinor = 0
			a.Keep(r, "", 200, head(), nil, always)
		},
		"to HTTP/2": func(a *replay.Answers, r *http.Request) {
			r.ProtoMajor, r.ProtoMinor = 2, 0
			a.Keep(r, "", 200, head(), nil, always)
		},
		"to a body": func(a *replay.Answers, r *http.Request) {
			r.ContentLength = -1
			a.Keep(r, "", 200, head(), nil, always)
		},
		"to who goes": func(a *replay.Answers, r *http.Request) {
			r.Close = true
			a.Keep(r, "", 200, head(), nil, always)
		},
	} {
		a, _ := open()
		r, request := get("/a")
		keep(a, r)
		if said(a, request) {
			t.Errorf("%s: it is said again", name)
		}
	}
}

// However many answers there are, so many are kept, and in so many bytes.
func TestLittleIsKept(t *testing.T) {
	t.Parallel()
	for _, body := range [][]byte{nil, make([]byte, 64<<10)} {
		a, _ := open()
		kept := 0
		for n := range 5000 {
			r, _ := get(fmt.Sprint("/", n))
			a.Keep(r, "", 200, head(), body, always)
			a.Keep(r, "", 200, head(), body, always) // once more is no more
		}
		for n := range 5000 {
			if _, request := get(fmt.Sprint("/", n)); said(a, request) {
				kept++
			}
		}
		if most := min(4096, (8<<20)/(len(body)+1)); kept == 0 || kept > most {
			t.Errorf("%d answers of %d bytes are kept, want at most %d", kept, len(body), most)
		}
	}
}

// Close says nothing more, and waits for what is being said.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	a, _ := open()
	r, request := get("/a")
	a.Keep(r, "", 200, head(), nil, always)
	if _, _, ok := a.Reply(nil, "", request); !ok {
		t.Fatal("it is not said again")
	}
	closed := make(chan struct{})
	go func() {
		a.Close(time.Minute)
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	a.Replied()
	<-closed
	if said(a, request) {
		t.Error("it is said again after the end")
	}
	var none *replay.Answers
	none.Close(time.Minute)
	none.Keep(r, "", 200, head(), nil, always)
}
